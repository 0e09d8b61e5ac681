// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Synchronization

/// The folder of write-ahead segments.
struct SegmentStore: Sendable {
    /// Whether the file system was found not to take direct transfers; shared by writer and integrator.
    private final class DirectAccess: Sendable {
        let isRefused = Atomic(false)
    }

    let path: String
    /// A whole number of blocks.
    let segmentBytes: Int
    let fileSystem: LogFileSystem
    private let directAccess = DirectAccess()

    init(_ configuration: AuditLogConfiguration) {
        path = configuration.directory + "/wal"
        segmentBytes = SegmentMemory.roundedUp(configuration.segmentBytes)
        fileSystem = configuration.fileSystem
    }

    init(path: String, segmentBytes: Int, fileSystem: LogFileSystem) {
        self.path = path
        self.segmentBytes = segmentBytes
        self.fileSystem = fileSystem
    }

    static func name(base: UInt64) -> String {
        let digits = String(base)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits + ".wal"
    }

    static func base(of name: String) -> UInt64? {
        guard name.hasSuffix(".wal"), name.utf8.count == 24 else { return nil }
        return UInt64(name.dropLast(4))
    }

    /// Makes a segment full of zeroes, so that overwriting it changes neither its size nor its place on the disk.
    func makeSpare(named name: String) throws(AuditLogError) -> String {
        let target = "\(path)/\(name)"
        do {
            let file = try fileSystem.open(target, .replace)
            defer { fileSystem.close(file) }
            var isDirect = useDirect(file)
            let zeroes = SegmentMemory(byteCount: min(segmentBytes, 1 << 20))
            zeroes.bytes.initializeMemory(as: UInt8.self, repeating: 0)
            // One block first: some file systems refuse direct transfers only when they are tried.
            var count = SegmentMemory.blockBytes
            var offset = 0
            while offset < segmentBytes {
                do {
                    try fileSystem.write(file, zeroes.readable(0..<count), UInt64(offset))
                } catch .storage(_, _, EINVAL) where isDirect {
                    directAccess.isRefused.store(true, ordering: .relaxed)
                    isDirect = useDirect(file)
                    continue
                }
                offset += count
                count = min(zeroes.count, segmentBytes - offset)
            }
            try fileSystem.syncData(file)
        } catch {
            try? fileSystem.removeFile(target)
            throw error
        }
        return target
    }

    /// Puts a spare into use under the name of its first leaf index.
    func activate(_ spare: String, base: UInt64) throws(AuditLogError) -> LogFileSystem.File {
        let target = "\(path)/\(Self.name(base: base))"
        try fileSystem.rename(spare, target)
        try fileSystem.syncDirectory(path)
        let file = try fileSystem.open(target, .update)
        _ = useDirect(file)
        return file
    }

    /// Does without direct transfers from now on if a failure says that the file system does not take them.
    func noteFailure(_ error: AuditLogError) {
        if case .storage(_, _, EINVAL) = error { directAccess.isRefused.store(true, ordering: .relaxed) }
    }

    /// Lets the file's transfers pass the page cache by, where that is possible.
    private func useDirect(_ file: LogFileSystem.File) -> Bool {
        guard !directAccess.isRefused.load(ordering: .relaxed) else {
            _ = fileSystem.setDirect(file, false)
            return false
        }
        let isDirect = fileSystem.setDirect(file, true)
        if !isDirect { directAccess.isRefused.store(true, ordering: .relaxed) }
        return isDirect
    }

    /// Writes, syncs and removes a small file, to see whether the disk answers.
    func probe() throws(AuditLogError) {
        let target = path + "/probe"
        let file = try fileSystem.open(target, .replace)
        defer { fileSystem.close(file) }
        try fileSystem.write([UInt8](repeating: 0x5A, count: 4096)[...], to: file, at: 0)
        try fileSystem.syncData(file)
        try fileSystem.removeFile(target)
    }

    /// The first leaf indexes of the segments that are there, ascending.
    func bases() throws(AuditLogError) -> [UInt64] {
        try fileSystem.list(path).compactMap { Self.base(of: $0) }.sorted()
    }

    /// Removes every segment and spare.
    func removeAll() throws(AuditLogError) {
        let names = try fileSystem.list(path)
        guard !names.isEmpty else { return }
        // Oldest first: a segment never outlives an older one.
        for name in names { try fileSystem.removeFile("\(path)/\(name)") }
        try fileSystem.syncDirectory(path)
    }

    static func isFull(_ error: AuditLogError) -> Bool {
        if case .storage(_, _, let code) = error { return code == ENOSPC || code == EDQUOT }
        return false
    }
}
