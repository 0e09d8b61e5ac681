// SPDX-License-Identifier: Apache-2.0

import Crypto

/// Copies full bundles, full tiles and checkpoints of a log to another directory, under the same relative paths.
///
/// What is there already is never changed: it must be the same. Every copy is durable and read back before it counts,
/// so that what it covers may be pruned. Disclosures are not archived: they would not stay erased.
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
        let log = LogDirectory(path: source, fileSystem: .posix)
        var archive = LogDirectory(path: target, fileSystem: .posix)
        try archive.fileSystem.makeDirectory(target)
        let checkpointPath = LogPublisher.checkpointPath
        guard let note = try log.read(checkpointPath, limit: SignedNote.maximumBytes),
            let checkpoint = (try? SignedNote(parsing: note)).flatMap({ try? Checkpoint(parsing: $0.text) })
        else { throw .corrupted(file: log.absolute(checkpointPath), offset: 0, problem: "it is not a checkpoint") }
        let end = min(checkpoint.size >> 8, first >> 8 + limit)
        for number in first >> 8..<max(end, first >> 8) {
            try copy("log/" + TilePath.entries(number), from: log, to: &archive)
            for (level, index) in Self.completedTiles(by: number) {
                try copy("log/" + TilePath.tile(level: level, index: index), from: log, to: &archive)
            }
        }
        // Each checkpoint under its size, and the newest under its own name.
        let kept = "log/checkpoints/\(checkpoint.size)"
        if try !archive.exists(kept) {
            try archive.replace(kept, with: note)
            try archive.replace(checkpointPath, with: note)
            try archive.commit()
        }
        return max(end, first >> 8) << 8
    }

    /// The tiles that are full once a bundle is: one of each level whose last hash it gives.
    private static func completedTiles(by bundle: UInt64) -> [(level: Int, index: UInt64)] {
        var tiles: [(level: Int, index: UInt64)] = []
        var (level, count) = (0, bundle + 1)
        while true {
            tiles.append((level, count - 1))
            guard count & 0xFF == 0 else { return tiles }
            count >>= 8
            level += 1
        }
    }

    private func copy(
        _ path: String, from log: LogDirectory, to archive: inout LogDirectory
    ) throws(AuditLogError) {
        let known = try archive.read(path)
        guard let bytes = try log.read(path) else {
            // Pruned here, so it must be there.
            guard known == nil else { return }
            throw .corrupted(file: log.absolute(path), offset: 0, problem: "it is missing here and in the archive")
        }
        guard known == nil else {
            guard known == bytes else {
                throw .corrupted(file: archive.absolute(path), offset: 0, problem: "the archive holds something else")
            }
            return
        }
        try archive.replace(path, with: bytes)
        try archive.commit()
        guard let copy = try archive.read(path), SHA256.hash(data: copy) == SHA256.hash(data: bytes) else {
            throw .corrupted(
                file: archive.absolute(path), offset: 0, problem: "the archive does not give back what was written")
        }
    }
}
