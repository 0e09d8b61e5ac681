// SPDX-License-Identifier: Apache-2.0

/// Puts rows into the index; remembers the numbers of words and subjects, within bounds.
final class RowWriter {
    private static let maximumRemembered = 65_536

    private let database: SQLiteDatabase
    private let insertRow: SQLiteStatement
    private let insertWord: SQLiteStatement
    private let findWord: SQLiteStatement
    private let insertSubject: SQLiteStatement
    private let findSubject: SQLiteStatement
    private var words: [[UInt8]: Int64] = [:]
    private var subjects: [[UInt8]: Int64] = [:]

    init(_ database: SQLiteDatabase) throws(SQLiteDatabase.Failure) {
        self.database = database
        insertRow = try database.prepare("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        insertWord = try database.prepare("INSERT OR IGNORE INTO word (text) VALUES (?)")
        findWord = try database.prepare("SELECT id FROM word WHERE text = ?")
        insertSubject = try database.prepare("INSERT OR IGNORE INTO subject (text) VALUES (?)")
        findSubject = try database.prepare("SELECT id FROM subject WHERE text = ?")
    }

    func insert(_ fields: IndexedFields, at index: UInt64) throws(SQLiteDatabase.Failure) {
        insertRow.bind(1, Int64(clamping: index))
        insertRow.bind(2, fields.time)
        fields.id.withUnsafeBytes { insertRow.bind(3, blob: $0) }
        insertRow.bind(4, try word(fields.type))
        insertRow.bind(5, try fields.verdict.map { text throws(SQLiteDatabase.Failure) in try word(text) })
        insertRow.bind(6, try fields.reason.map { text throws(SQLiteDatabase.Failure) in try word(text) })
        insertRow.bind(7, try fields.route.map { text throws(SQLiteDatabase.Failure) in try word(text) })
        insertRow.bind(8, try fields.gateway.map { text throws(SQLiteDatabase.Failure) in try word(text) })
        insertRow.bind(9, try fields.policies.map { text throws(SQLiteDatabase.Failure) in try word(text) })
        insertRow.bind(10, try fields.subject.map { text throws(SQLiteDatabase.Failure) in try subject(text) })
        try insertRow.finish()
    }

    private func word(_ text: [UInt8]) throws(SQLiteDatabase.Failure) -> Int64 {
        try number(text, &words, findWord, insertWord)
    }

    private func subject(_ text: [UInt8]) throws(SQLiteDatabase.Failure) -> Int64 {
        try number(text, &subjects, findSubject, insertSubject)
    }

    private func number(
        _ text: [UInt8], _ known: inout [[UInt8]: Int64], _ find: SQLiteStatement, _ insert: SQLiteStatement
    ) throws(SQLiteDatabase.Failure) -> Int64 {
        if let number = known[text] { return number }
        insert.bind(1, text: text)
        try insert.finish()
        var number = database.lastRow
        if database.changes == 0 {
            find.bind(1, text: text)
            defer { find.reset() }
            number = try find.step() ? find.integer(0) : 0
        }
        if known.count >= Self.maximumRemembered { known.removeAll(keepingCapacity: true) }
        known[text] = number
        return number
    }
}
