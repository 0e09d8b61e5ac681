// SPDX-License-Identifier: Apache-2.0

/// What of a log is to be archived next: files that never change once they are there, and the checkpoint over them.
///
/// Disclosures are no part of it: they would not stay erased.
package struct ArchiveBatch: Sendable {
    /// A file that never changes.
    package struct File: Sendable, Hashable {
        /// Below the audit directory, and below the archive.
        package let path: String
        /// Whether it holds entries, and not hashes.
        package let isBundle: Bool
        /// Where partial files of the same number stand; `nil` for a partial file.
        package let partials: String?
        fileprivate let full: String
        fileprivate let number: UInt64
        fileprivate let width: Int
    }

    /// The files, bundles before the tiles over them.
    package let files: [File]
    /// Every full bundle below this index is archived once the files are.
    package let end: UInt64
    /// The newest checkpoint, if ``files`` complete what it covers.
    package let checkpoint: (size: UInt64, note: [UInt8])?
    private let source: LogDirectory

    /// Where the newest checkpoint stands.
    package static var checkpointPath: String { LogPublisher.checkpointPath }

    /// Where a checkpoint is kept for ever.
    package static func keptPath(size: UInt64) -> String { "log/checkpoints/\(size)" }

    /// Looks at what was published.
    ///
    /// - Parameters:
    ///   - directory: The audit directory.
    ///   - first: Where the last batch ended; 0 to look at everything.
    ///   - limit: The most bundles.
    /// - Throws: ``AuditLogError`` if there is no checkpoint, or a file cannot be read.
    package init(of directory: String, from first: UInt64, atMost limit: UInt64) throws(AuditLogError) {
        source = LogDirectory(path: directory, fileSystem: .posix)
        guard let note = try source.read(Self.checkpointPath, limit: SignedNote.maximumBytes),
            let size = Self.checkpoint(note)?.size
        else {
            throw .corrupted(file: source.absolute(Self.checkpointPath), offset: 0, problem: "it is not a checkpoint")
        }
        let start = first >> 8
        let last = max(min(size >> 8, start + limit), start)
        let kept = try Self.minimumIndex(source) >> 8
        var files: [File] = []
        for number in start..<last {
            if number >= kept { files.append(.bundle(number, TilePath.width)) }
            for (level, index) in Self.completedTiles(by: number) { files.append(.tile(level, index, TilePath.width)) }
        }
        let isComplete = last >= size >> 8
        if isComplete { files += Self.partialFiles(size: size) }
        self.files = files
        end = last << 8
        checkpoint = isComplete ? (size, note) : nil
    }

    /// What stands in a file; `nil` if it was pruned, which only archived ones are.
    package func bytes(of file: File) throws(AuditLogError) -> [UInt8]? {
        if let bytes = try source.read(file.path) { return bytes }
        // A partial file goes once the full one is there, which begins with the same.
        if file.partials == nil, let bytes = try source.read(file.full) {
            guard !file.isBundle else {
                guard let entries = Bundle.split(bytes, count: TilePath.width) else { throw missing(file) }
                return Array(bytes[..<entries[file.width - 1].upperBound])
            }
            let count = file.width * TreeHash.byteCount
            if bytes.count >= count { return Array(bytes[..<count]) }
        }
        guard file.isBundle, try file.number < Self.minimumIndex(source) >> 8 else { throw missing(file) }
        return nil
    }

    /// Whether two notes are of one checkpoint; their signatures may differ, since witnesses add theirs later.
    package static func areSame(_ note: [UInt8], _ other: [UInt8]) -> Bool {
        guard let one = checkpoint(note), let two = checkpoint(other) else { return false }
        return one == two
    }

    /// The size that a note is about, if it is a checkpoint.
    package static func size(of note: [UInt8]) -> UInt64? { checkpoint(note)?.size }

    private static func checkpoint(_ note: [UInt8]) -> Checkpoint? {
        (try? SignedNote(parsing: note)).flatMap { try? Checkpoint(parsing: $0.text) }
    }

    private static func minimumIndex(_ source: LogDirectory) throws(AuditLogError) -> UInt64 {
        try source.read(LogState.path).flatMap { LogState(parsing: $0) }?.minimumIndex ?? 0
    }

    private func missing(_ file: File) -> AuditLogError {
        .corrupted(file: source.absolute(file.path), offset: 0, problem: "it is missing, or shorter than it was")
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

    /// What a tree of some size needs besides full files.
    private static func partialFiles(size: UInt64) -> [File] {
        var files: [File] = []
        for level in 0..<TreeEdge.levelCount(size: size) {
            let (width, index) = (TreeEdge.width(size: size, level: level), size >> UInt64(8 * (level + 1)))
            guard width > 0 else { continue }
            if level == 0 { files.append(.bundle(index, width)) }
            files.append(.tile(level, index, width))
        }
        return files
    }
}

extension ArchiveBatch.File {
    fileprivate static func bundle(_ number: UInt64, _ width: Int) -> Self {
        Self("log/" + TilePath.entries(number, width: width), "log/" + TilePath.entries(number), true, number, width)
    }

    fileprivate static func tile(_ level: Int, _ index: UInt64, _ width: Int) -> Self {
        Self(
            "log/" + TilePath.tile(level: level, index: index, width: width),
            "log/" + TilePath.tile(level: level, index: index), false, index, width)
    }

    private init(_ path: String, _ full: String, _ isBundle: Bool, _ number: UInt64, _ width: Int) {
        (self.path, self.full, self.isBundle, self.number, self.width) = (path, full, isBundle, number, width)
        partials = width == TilePath.width ? full + ".p" : nil
    }
}
