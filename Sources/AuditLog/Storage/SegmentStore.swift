// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The folder of write-ahead segments.
struct SegmentStore: Sendable {
    let path: String
    let segmentBytes: Int
    let fileSystem: LogFileSystem

    init(_ configuration: AuditLogConfiguration) {
        path = configuration.directory + "/wal"
        segmentBytes = configuration.segmentBytes
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
            let zeroes = [UInt8](repeating: 0, count: min(segmentBytes, 1 << 20))
            var offset = 0
            while offset < segmentBytes {
                let count = min(zeroes.count, segmentBytes - offset)
                try fileSystem.write(zeroes[..<count], to: file, at: UInt64(offset))
                offset += count
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
        return try fileSystem.open(target, .update)
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
