// SPDX-License-Identifier: Apache-2.0

import Crypto

/// Copies bundles, tiles and checkpoints of a log to another directory, under the same relative paths.
///
/// What is there already is never changed: it must be the same. Every copy is durable and read back before it counts,
/// so that what it covers may be pruned. The copy verifies as the log does. Disclosures are not archived: they would
/// not stay erased.
public struct DirectoryArchive: Sendable {
    private let source: String
    private let target: String

    /// Names an audit directory and where its copy goes; the target is made when missing.
    public init(of source: String, in target: String) { (self.source, self.target) = (source, target) }

    /// Archives what was published since.
    ///
    /// - Parameters:
    ///   - first: Where the last call ended; 0 to look at everything.
    ///   - limit: The most bundles of one call.
    /// - Returns: Every full bundle below this index is in the archive.
    /// - Throws: ``AuditLogError/corrupted(file:offset:problem:)`` if the archive holds something else under a path, or
    ///   does not give back what was written.
    public func advance(from first: UInt64, atMost limit: UInt64 = 4096) throws(AuditLogError) -> UInt64 {
        let batch = try ArchiveBatch(of: source, from: first, atMost: limit)
        var archive = LogDirectory(path: target, fileSystem: .posix)
        try archive.fileSystem.makeDirectory(target)
        for file in batch.files {
            guard let bytes = try batch.bytes(of: file) else { continue }
            try keep(file.path, bytes, in: &archive)
            if let folder = file.partials { try? archive.removeDirectory(folder) }
        }
        if let (size, note) = batch.checkpoint { try keep(note, size: size, in: &archive) }
        return batch.end
    }

    /// Each checkpoint under its size, and the newest under its own name.
    private func keep(_ note: [UInt8], size: UInt64, in archive: inout LogDirectory) throws(AuditLogError) {
        let (kept, newest) = (ArchiveBatch.keptPath(size: size), ArchiveBatch.checkpointPath)
        if let known = try archive.read(kept) {
            guard ArchiveBatch.areSame(known, note) else { throw differs(kept, archive) }
        } else {
            try archive.replace(kept, with: note)
        }
        if let known = try archive.read(newest) {
            guard known != note else { return try archive.commit() }
            // A log that goes back to an older state must not take its newer checkpoint out of the archive.
            guard let other = ArchiveBatch.size(of: known), other <= size else { throw differs(newest, archive) }
        }
        try archive.replace(newest, with: note)
        try archive.commit()
    }

    private func keep(_ path: String, _ bytes: [UInt8], in archive: inout LogDirectory) throws(AuditLogError) {
        if let known = try archive.read(path) {
            guard known == bytes else { throw differs(path, archive) }
            return
        }
        try archive.replace(path, with: bytes)
        try archive.commit()
        guard let copy = try archive.read(path), SHA256.hash(data: copy) == SHA256.hash(data: bytes) else {
            throw .corrupted(
                file: archive.absolute(path), offset: 0, problem: "the archive does not give back what was written")
        }
    }

    private func differs(_ path: String, _ archive: LogDirectory) -> AuditLogError {
        .corrupted(file: archive.absolute(path), offset: 0, problem: "the archive holds something else")
    }
}
