// SPDX-License-Identifier: Apache-2.0

package import AuditLog

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension RecordIndex {
    /// Takes in records that a checkpoint covers and the index does not, in one change.
    ///
    /// - Parameters:
    ///   - log: The log as it was just opened.
    ///   - limit: The most bundles to take in.
    /// - Returns: How many records were taken in; 0 when the index covers the checkpoint.
    /// - Throws: ``AuditToolError``; the index is then as before.
    package func advance(to log: OpenedLog, atMost limit: Int) throws(AuditToolError) -> UInt64 {
        guard try covered() < log.size else { return 0 }
        var problem: AuditLogError?
        let added = try indexed { () throws(SQLiteDatabase.Failure) in
            do throws(SQLiteDatabase.Failure) {
                return try transaction { () throws(SQLiteDatabase.Failure) in
                    try advance(to: log, atMost: limit, &problem)
                }
            } catch {
                forgetWords()
                throw error
            }
        }
        if added == 0, let problem { throw .log(problem) }
        return added
    }

    private func advance(
        to log: OpenedLog, atMost limit: Int, _ problem: inout AuditLogError?
    ) throws(SQLiteDatabase.Failure) -> UInt64 {
        let first = try coveredCount()
        // Of a file that was replaced meanwhile nobody would read the rows.
        guard first < log.size, isInPlace else { return 0 }
        var end = max(first, log.firstIndex)
        for _ in 0..<limit where end < log.size {
            let bundle: RecordBundle
            do throws(AuditLogError) { bundle = try log.bundle(end >> 8) } catch {
                problem = error
                break
            }
            try add(FieldsAhead.rows(bundle), from: end)
            end = bundle.endIndex
        }
        try setMeta("covered", String(end))
        return end - first
    }
}

/// Builds the index of a log anew, from `log/` and `disclosures/` alone.
package struct IndexBuild {
    private let log: OpenedLog

    /// Prepares to build the index of an audit directory.
    package init(_ log: OpenedLog) { self.log = log }

    /// Builds a new file beside the old one and then puts it in its place.
    ///
    /// Memory stays bounded: records go in bundle by bundle, and the sorted parts are made at the end from the file.
    ///
    /// - Parameter progress: Told now and then how many records are in.
    /// - Returns: How many records the index covers.
    /// - Throws: ``AuditToolError``; the old index then stays.
    package func run(progress: (UInt64) -> Void = { _ in }) throws(AuditToolError) -> UInt64 {
        let path = "\(log.path)/\(RecordIndex.fileName)"
        let temporary = path + ".new"
        unlink(temporary)
        unlink(temporary + "-journal")
        // Held to the end: what is dropped from the old index waits, and is then dropped from the new one.
        let old = try lock(path)
        do throws(AuditToolError) {
            let new = try RecordIndex(path: temporary, origin: log.origin, hasIndexes: false)
            try fill(new, progress)
        } catch {
            unlink(temporary)
            throw error
        }
        try put(temporary, inPlaceOf: path, old)
        return log.size
    }

    private func fill(_ index: RecordIndex, _ progress: (UInt64) -> Void) throws(AuditToolError) {
        let ahead = try withLogErrors { () throws(AuditLogError) in
            try FieldsAhead(log, log.firstIndex >> 8..<max(log.firstIndex >> 8, log.bundleCount))
        }
        defer { ahead.stop() }
        var problem: AuditLogError?
        do throws(SQLiteDatabase.Failure) {
            // Nothing of the new file counts before it has its name.
            try index.database.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA secure_delete = OFF")
            try index.database.run("PRAGMA locking_mode = EXCLUSIVE")
            try index.database.run("BEGIN")
            while true {
                let next: FieldsAhead.Rows?
                do throws(AuditLogError) { next = try ahead.next() } catch {
                    problem = error
                    break
                }
                guard let next else { break }
                try index.add(next, from: next.firstIndex)
                if next.endIndex & 0x3FFFF == 0 { progress(next.endIndex) }
            }
            try index.setMeta("covered", String(log.size))
            try index.database.run("COMMIT")
            if problem == nil { try index.makeIndexes() }
        } catch {
            throw .index(path: index.path, problem: error.message)
        }
        if let problem { throw .log(problem) }
    }

    /// The old file, with nobody else writing into it; `nil` if it is damaged.
    private func lock(_ path: String) throws(AuditToolError) -> SQLiteDatabase? {
        do throws(SQLiteDatabase.Failure) {
            let old = try SQLiteDatabase(path: path)
            try old.run("BEGIN IMMEDIATE")
            return old
        } catch {
            guard error.isDamage else {
                throw .index(path: path, problem: error.isBusy ? "is in use by another process" : error.message)
            }
            return nil
        }
    }

    private func put(
        _ temporary: String, inPlaceOf path: String, _ old: SQLiteDatabase?
    ) throws(AuditToolError) {
        let file = open(temporary, O_RDWR | O_CLOEXEC)
        defer { if file >= 0 { close(file) } }
        guard file >= 0, fsync(file) == 0, rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw .file(path: path, problem: "could not be replaced (errno \(code))")
        }
        // A journal that a killed process left belongs to the old file.
        unlink(path + "-journal")
        withExtendedLifetime(old) {}
    }
}
