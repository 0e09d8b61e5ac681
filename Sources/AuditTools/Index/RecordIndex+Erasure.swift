// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension RecordIndex {
    /// Opens the index; a damaged one is removed and begun anew.
    package static func openReplacingDamage(
        directory: String, origin: String
    ) throws(AuditToolError) -> RecordIndex {
        let path = "\(directory)/\(fileName)"
        do throws(SQLiteDatabase.Failure) { return try RecordIndex(opening: path, origin: origin) } catch {
            guard error.isDamage else { throw .index(path: path, problem: error.message) }
            unlink(path)
            unlink(path + "-journal")
            return try RecordIndex(path: path, origin: origin)
        }
    }

    /// Takes the personal data of some records out of the index of an audit directory, for good.
    ///
    /// Call it after the disclosures are gone from their files: whatever builds the index meanwhile is waited for, and
    /// whatever builds it later finds nothing. The rows lose what was personal and stay otherwise, so that searches by
    /// route or verdict still find the records. When it returns, the change is on stable storage and the old content
    /// overwritten. An index that is missing holds nothing; a damaged one is removed.
    ///
    /// - Parameters:
    ///   - entries: Leaf indexes, in any order; unknown ones are passed over.
    ///   - directory: The audit directory.
    ///   - origin: The log's identity.
    /// - Returns: How many rows named a subject.
    /// - Throws: ``AuditToolError/index(path:problem:)`` if the index stayed in use for ten minutes.
    @discardableResult
    package static func dropPersonalData(
        of entries: some Sequence<UInt64>, directory: String, origin: String
    ) throws(AuditToolError) -> Int {
        let path = "\(directory)/\(fileName)"
        // A reindex may replace the file while its lock is waited for; then the new file is the one to change.
        for _ in 0..<16 {
            guard access(path, F_OK) == 0 else { return 0 }
            do throws(SQLiteDatabase.Failure) {
                let index = try RecordIndex(opening: path, origin: origin)
                if let count = try index.drop(entries) { return count }
            } catch {
                guard error.isDamage else { throw .index(path: path, problem: error.message) }
                unlink(path)
                unlink(path + "-journal")
                return 0
            }
        }
        throw .index(path: path, problem: "is being replaced again and again")
    }

    /// Drops what is personal; `nil` if the file was replaced.
    private func drop(_ entries: some Sequence<UInt64>) throws(SQLiteDatabase.Failure) -> Int? {
        database.wait(atMost: 600_000)
        try database.run("PRAGMA synchronous = EXTRA")
        return try transaction { () throws(SQLiteDatabase.Failure) in
            guard isInPlace else { return nil }
            let find = try database.prepare("SELECT subject FROM record WHERE i = ? AND subject IS NOT NULL")
            let clear = try database.prepare("UPDATE record SET subject = NULL WHERE i = ?")
            var subjects: Set<Int64> = []
            var count = 0
            for entry in entries {
                guard let row = Int64(exactly: entry) else { continue }
                find.bind(1, row)
                if try find.step() {
                    subjects.insert(find.integer(0))
                    count += 1
                }
                find.reset()
                clear.bind(1, row)
                try clear.finish()
            }
            let remove = try database.prepare(
                "DELETE FROM subject WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM record WHERE subject = ?1)")
            for subject in subjects {
                remove.bind(1, subject)
                try remove.finish()
            }
            forgetWords()
            return count
        }
    }
}
