// SPDX-License-Identifier: Apache-2.0

import AuditLog
import CSQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `index.sqlite` of one audit directory: one row per record, derived from the log and disposable (AUDIT, section 7).
///
/// Nothing in it is trusted: it only says where to look. It is not safe to use from several threads at once; several
/// processes may have it open. Overwritten content is zeroed (`secure_delete`), so that what was erased is gone.
package final class RecordIndex {
    /// The file below the audit directory.
    package static let fileName = "index.sqlite"
    /// Raised when tables change: an index of another version is built anew.
    private static let version = 1

    let path: String
    let database: SQLiteDatabase
    private let inode: UInt64
    private var writer: RowWriter?

    /// Opens the index, creating it when it is missing; one of another version or log is emptied.
    ///
    /// - Parameters:
    ///   - directory: The audit directory.
    ///   - origin: The log's identity.
    /// - Throws: ``AuditToolError/index(path:problem:)`` if the file is damaged; it can be removed.
    package convenience init(directory: String, origin: String) throws(AuditToolError) {
        try self.init(path: "\(directory)/\(Self.fileName)", origin: origin)
    }

    convenience init(path: String, origin: String, hasIndexes: Bool = true) throws(AuditToolError) {
        do throws(SQLiteDatabase.Failure) {
            try self.init(opening: path, origin: origin, hasIndexes: hasIndexes)
        } catch {
            throw .index(path: path, problem: error.message)
        }
    }

    init(opening path: String, origin: String, hasIndexes: Bool = true) throws(SQLiteDatabase.Failure) {
        self.path = path
        database = try SQLiteDatabase(path: path)
        _ = chmod(path, 0o600)
        inode = Self.inode(of: path)
        try database.run("PRAGMA secure_delete = ON; PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = NORMAL")
        try database.run("PRAGMA temp_store = FILE; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -65536")
        try prepareTables(origin: origin, hasIndexes: hasIndexes)
    }

    private static func inode(of path: String) -> UInt64 {
        var information = stat()
        return lstat(path, &information) == 0 ? UInt64(information.st_ino) : 0
    }

    /// Whether the name still belongs to the file that is open; a reindex puts a new one in its place.
    package var isInPlace: Bool { Self.inode(of: path) == inode }

    private func prepareTables(origin: String, hasIndexes: Bool) throws(SQLiteDatabase.Failure) {
        let found = try database.prepare("PRAGMA user_version")
        let version = try found.step() ? found.integer(0) : 0
        found.reset()
        if version == Int64(Self.version), try meta("origin") == origin { return }
        try transaction { () throws(SQLiteDatabase.Failure) in
            try database.run(
                """
                DROP TABLE IF EXISTS record; DROP TABLE IF EXISTS subject; DROP TABLE IF EXISTS word;
                DROP TABLE IF EXISTS meta;
                CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
                CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
                CREATE TABLE subject (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
                CREATE TABLE record (i INTEGER PRIMARY KEY, ts INTEGER NOT NULL, id BLOB NOT NULL,
                    type INTEGER NOT NULL, verdict INTEGER, reason INTEGER, route INTEGER, gateway INTEGER,
                    policies INTEGER, subject INTEGER);
                PRAGMA user_version = \(Self.version);
                """)
            if hasIndexes { try makeIndexes() }
            try setMeta("origin", origin)
            try setMeta("covered", "0")
        }
    }

    func makeIndexes() throws(SQLiteDatabase.Failure) {
        try database.run(
            """
            CREATE INDEX IF NOT EXISTS record_time ON record (ts);
            CREATE INDEX IF NOT EXISTS record_subject ON record (subject, ts) WHERE subject IS NOT NULL;
            CREATE INDEX IF NOT EXISTS record_id ON record (id);
            """)
    }

    func meta(_ name: String) throws(SQLiteDatabase.Failure) -> String? {
        let statement = try database.prepare("SELECT value FROM meta WHERE name = ?")
        statement.bind(1, text: name.utf8)
        return try statement.step() ? statement.text(0) : nil
    }

    func setMeta(_ name: String, _ value: String) throws(SQLiteDatabase.Failure) {
        let statement = try database.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)")
        statement.bind(1, text: name.utf8)
        statement.bind(2, text: value.utf8)
        try statement.finish()
    }

    /// Runs work as one change that nobody else sees in part.
    func transaction<Result>(
        _ work: () throws(SQLiteDatabase.Failure) -> Result
    ) throws(SQLiteDatabase.Failure) -> Result {
        try database.run("BEGIN IMMEDIATE")
        do throws(SQLiteDatabase.Failure) {
            let result = try work()
            try database.run("COMMIT")
            return result
        } catch {
            try? database.run("ROLLBACK")
            throw error
        }
    }

    /// So many records, from the first on, are in the index.
    package func covered() throws(AuditToolError) -> UInt64 {
        try indexed { () throws(SQLiteDatabase.Failure) in try coveredCount() }
    }

    func coveredCount() throws(SQLiteDatabase.Failure) -> UInt64 { try meta("covered").flatMap { UInt64($0) } ?? 0 }

    /// Adds the records of a bundle that are not yet in the index; the caller holds a transaction.
    func add(_ rows: FieldsAhead.Rows, from first: UInt64) throws(SQLiteDatabase.Failure) {
        let writer: RowWriter
        if let known = self.writer { writer = known } else { writer = try RowWriter(database) }
        self.writer = writer
        for (place, fields) in rows.fields.enumerated() where rows.firstIndex + UInt64(place) >= first {
            try writer.insert(fields, at: rows.firstIndex + UInt64(place))
        }
    }

    /// Forgets what is remembered of words and subjects, as after a change that was taken back.
    func forgetWords() { writer = nil }

    /// Where a record of an id is, by the index's own word.
    package func entry(ofID id: String) throws(AuditToolError) -> UInt64? {
        try indexed { () throws(SQLiteDatabase.Failure) in
            let statement = try database.prepare("SELECT i FROM record WHERE id = ? LIMIT 1")
            IndexedFields.uuid(Array(id.utf8)).withUnsafeBytes { statement.bind(1, blob: $0) }
            return try statement.step() ? UInt64(exactly: statement.integer(0)) : nil
        }
    }

    func indexed<Result>(
        _ work: () throws(SQLiteDatabase.Failure) -> Result
    ) throws(AuditToolError) -> Result {
        do { return try work() } catch { throw .index(path: path, problem: error.message) }
    }
}
