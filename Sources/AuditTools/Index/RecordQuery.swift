// SPDX-License-Identifier: Apache-2.0

/// What `audit search` looks for; parts that are not given match everything.
package struct RecordQuery: Sendable, Hashable {
    /// The subject as the record discloses it, such as `alice`.
    package var subject: String?
    /// The issuer of the subject, or the kind of credential where there is none; not in the index, read in the records.
    package var issuer: String?
    /// The first moment, in microseconds since the Unix epoch.
    package var from: Int64?
    /// The moment behind the last.
    package var to: Int64?
    /// The route's template.
    package var route: String?
    /// `allow`, `deny` or `error`.
    package var verdict: String?
    /// The reason code.
    package var reason: String?
    /// A policy that decided.
    package var policy: String?
    /// The record type.
    package var type: String?
    /// The most rows.
    package var limit = 100

    /// Matches everything.
    package init() {}

    /// Whether a record is what is looked for.
    func matches(_ fields: IndexedFields) -> Bool {
        func equal(_ wanted: String?, _ found: [UInt8]?) -> Bool {
            guard let wanted else { return true }
            return found.map { $0.elementsEqual(wanted.utf8) } ?? false
        }
        guard equal(subject, fields.subject), equal(route, fields.route), equal(verdict, fields.verdict),
            equal(reason, fields.reason), equal(type, fields.type)
        else { return false }
        if let from, fields.time < from { return false }
        if let to, fields.time >= to { return false }
        guard let policy else { return true }
        return Self.policies(fields.policies ?? []).contains { $0.elementsEqual(policy.utf8) }
    }

    static func policies(_ joined: [UInt8]) -> [ArraySlice<UInt8>] { joined.split(separator: 0x0A) }
}

extension RecordIndex {
    /// The records that the index says match, newest first.
    package func entries(matching query: RecordQuery) throws(AuditToolError) -> [UInt64] {
        try indexed { () throws(SQLiteDatabase.Failure) in
            var conditions: [String] = []
            var values: [Int64] = []
            func require(_ condition: String, _ value: Int64) {
                conditions.append(condition)
                values.append(value)
            }
            if let subject = query.subject {
                guard let number = try number(of: subject, in: "subject") else { return [] }
                require("subject = ?", number)
            }
            for (column, text) in [
                ("route", query.route), ("verdict", query.verdict), ("reason", query.reason), ("type", query.type),
            ] {
                guard let text else { continue }
                guard let number = try number(of: text, in: "word") else { return [] }
                require("\(column) = ?", number)
            }
            if let from = query.from { require("ts >= ?", from) }
            if let to = query.to { require("ts < ?", to) }
            if let policy = query.policy {
                let numbers = try lists(with: policy)
                guard !numbers.isEmpty else { return [] }
                conditions.append("policies IN (\(numbers.map(String.init).joined(separator: ",")))")
            }
            let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
            let statement = try database.prepare("SELECT i FROM record \(filter) ORDER BY ts DESC, i DESC LIMIT ?")
            // What the index does not know is told by the records: all that may match are looked at.
            let limit = query.issuer == nil ? Int64(query.limit) : Int64.max
            for (place, value) in (values + [limit]).enumerated() {
                statement.bind(Int32(place + 1), value)
            }
            var entries: [UInt64] = []
            while try statement.step() {
                if let entry = UInt64(exactly: statement.integer(0)) { entries.append(entry) }
            }
            return entries
        }
    }

    private func number(of text: String, in table: String) throws(SQLiteDatabase.Failure) -> Int64? {
        let statement = try database.prepare("SELECT id FROM \(table) WHERE text = ?")
        statement.bind(1, text: text.utf8)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The lists of policies that name one.
    private func lists(with policy: String) throws(SQLiteDatabase.Failure) -> [Int64] {
        let statement = try database.prepare("SELECT id, text FROM word WHERE instr(text, ?) > 0")
        statement.bind(1, text: policy.utf8)
        var numbers: [Int64] = []
        while try statement.step() {
            let lists = RecordQuery.policies(Array((statement.text(1) ?? "").utf8))
            if lists.contains(where: { $0.elementsEqual(policy.utf8) }) { numbers.append(statement.integer(0)) }
        }
        return numbers
    }
}
