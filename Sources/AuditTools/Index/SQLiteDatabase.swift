// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// One connection to a SQLite file, used by one thread at a time.
final class SQLiteDatabase {
    /// What SQLite answered, with its result code.
    struct Failure: Error, Hashable {
        let code: Int32
        let message: String

        /// Whether the file is not, or no longer, a sound database.
        var isDamage: Bool { code & 0xFF == SQLITE_CORRUPT || code & 0xFF == SQLITE_NOTADB }
        /// Whether another connection holds the lock.
        var isBusy: Bool { code & 0xFF == SQLITE_BUSY }
    }

    let path: String
    private let handle: OpaquePointer

    /// Opens a file, creating it unless it is only to be read.
    init(path: String, isReadOnly: Bool = false) throws(Failure) {
        self.path = path
        var opened: OpaquePointer?
        let flags = isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "no memory"
            sqlite3_close_v2(opened)
            throw Failure(code: code, message: message)
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        // Text of the file is data: nothing in a damaged schema may run code.
        sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
        sqlite3_busy_timeout(handle, 5000)
    }

    /// How long to wait for a lock that another connection holds, in milliseconds.
    func wait(atMost milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements that give no rows.
    func run(_ text: String) throws(Failure) {
        let code = sqlite3_exec(handle, text, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// Compiles a statement.
    func prepare(_ text: String) throws(Failure) -> SQLiteStatement {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code) }
        return SQLiteStatement(statement, of: self)
    }

    /// How many rows the last statement changed.
    var changes: Int { Int(sqlite3_changes64(handle)) }

    /// The row id of the last insertion.
    var lastRow: Int64 { sqlite3_last_insert_rowid(handle) }

    func failure(_ code: Int32) -> Failure { Failure(code: code, message: String(cString: sqlite3_errmsg(handle))) }
}

/// A compiled statement; bindings count from 1, columns from 0.
final class SQLiteStatement {
    private let statement: OpaquePointer
    private let database: SQLiteDatabase

    fileprivate init(_ statement: OpaquePointer, of database: SQLiteDatabase) {
        self.statement = statement
        self.database = database
    }

    deinit { sqlite3_finalize(statement) }

    func bind(_ place: Int32, _ value: Int64?) {
        if let value { sqlite3_bind_int64(statement, place, value) } else { sqlite3_bind_null(statement, place) }
    }

    func bind(_ place: Int32, text: some Collection<UInt8>) {
        let bytes = Array(text)
        bytes.withUnsafeBytes { buffer in
            // An empty text needs an address too, or it would be null.
            let start = buffer.baseAddress ?? UnsafeRawPointer(statement)
            _ = countersign_sqlite_bind_text(
                statement, place, start.assumingMemoryBound(to: CChar.self), Int32(clamping: buffer.count))
        }
    }

    func bind(_ place: Int32, blob: UnsafeRawBufferPointer) {
        _ = countersign_sqlite_bind_blob(statement, place, blob.baseAddress, Int32(clamping: blob.count))
    }

    /// Goes to the next row; `false` when there is none.
    func step() throws(SQLiteDatabase.Failure) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw database.failure(code)
        }
    }

    /// Runs to the end and can be run again.
    func finish() throws(SQLiteDatabase.Failure) {
        defer { reset() }
        while try step() {}
    }

    func reset() { sqlite3_reset(statement) }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(statement, column) == SQLITE_NULL ? nil : sqlite3_column_int64(statement, column)
    }

    func text(_ column: Int32) -> String? {
        guard let start = sqlite3_column_text(statement, column) else { return nil }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
