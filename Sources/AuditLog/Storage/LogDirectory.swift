// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The files of one log, by their paths below its directory.
struct LogDirectory {
    let path: String
    let fileSystem: LogFileSystem
    private var known: Set<String> = [""]
    private var unsynced: Set<String> = []
    /// Written under temporary names, neither synced nor renamed.
    private var staged: [(file: LogFileSystem.File, target: String, isOften: Bool)] = []
    /// The other files of those that are replaced often, see ``replace(_:with:isOften:)``.
    private var others: Set<String> = []
    private var takesDirect = true

    /// So many files are staged at most; each is open.
    private static let maximumStaged = 48
    /// Shorter files are not worth the extra calls of a direct transfer.
    private static let leastDirect = 64 << 10

    init(path: String, fileSystem: LogFileSystem) {
        self.path = path
        self.fileSystem = fileSystem
    }

    func absolute(_ relative: String) -> String { relative.isEmpty ? path : "\(path)/\(relative)" }

    /// Replaces a file: written under a temporary name now, synced and renamed by ``commit()``.
    ///
    /// - Parameters:
    ///   - relative: The path below the directory.
    ///   - bytes: The new content.
    ///   - isOften: Whether the file of before stays under the temporary name, to be written next time: a file that is
    ///     replaced many times a second would use up inodes faster than some file systems give them out again.
    /// - Throws: ``AuditLogError/storage(operation:path:code:)``.
    mutating func replace(_ relative: String, with bytes: [UInt8], isOften: Bool = false) throws(AuditLogError) {
        try bytes.withUnsafeBufferPointer { bytes throws(AuditLogError) in
            try replace(relative, with: UnsafeRawBufferPointer(bytes), isOften: isOften)
        }
    }

    /// Replaces a file, as ``replace(_:with:isOften:)`` does.
    mutating func replace(
        _ relative: String, with bytes: UnsafeRawBufferPointer, isOften: Bool = false
    ) throws(AuditLogError) {
        let target = absolute(relative)
        if staged.count >= Self.maximumStaged || staged.contains(where: { $0.target == target }) {
            try syncAndRename()
        }
        let folder = Self.parent(of: relative)
        try makeDirectories(folder)
        let file = try fileSystem.open(target + ".tmp", .replace)
        staged.append((file, target, isOften))
        unsynced.insert(folder)
        let direct = try writeDirect(bytes, to: file)
        guard direct < bytes.count else { return }
        try fileSystem.write(file, UnsafeRawBufferPointer(rebasing: bytes[direct...]), UInt64(direct))
    }

    /// Makes all replaced files durable, and then their names.
    mutating func commit() throws(AuditLogError) {
        try syncAndRename()
        for folder in unsynced.sorted() {
            try fileSystem.syncDirectory(absolute(folder))
            unsynced.remove(folder)
        }
    }

    /// Removes the other files of those that were replaced often.
    mutating func removeOthers() {
        for path in others { try? fileSystem.removeFile(path) }
        others = []
    }

    /// Forgets what was not committed; the temporary files are replaced by the next ones of their names.
    mutating func discard() {
        for (file, _, _) in staged { fileSystem.close(file) }
        staged = []
    }

    /// Syncs all files after all were written, so that a journal has to commit once for them.
    private mutating func syncAndRename() throws(AuditLogError) {
        for (file, _, _) in staged { try fileSystem.syncData(file) }
        for (file, target, isOften) in staged {
            if isOften {
                others.insert(file.path)
                if fileSystem.exchange(file.path, target) { continue }
            }
            try fileSystem.rename(file.path, target)
        }
        discard()
    }

    /// Writes the whole blocks past the page cache, if they are many and may be, and returns their length.
    ///
    /// Nobody reads these files soon: copying them into the cache would only push other pages out.
    private mutating func writeDirect(
        _ bytes: UnsafeRawBufferPointer, to file: LogFileSystem.File
    ) throws(AuditLogError) -> Int {
        let count = SegmentMemory.roundedDown(bytes.count)
        let isAligned = UInt(bitPattern: bytes.baseAddress) % UInt(SegmentMemory.blockBytes) == 0
        guard takesDirect, isAligned, count >= Self.leastDirect else { return 0 }
        takesDirect = fileSystem.setDirect(file, true)
        guard takesDirect else { return 0 }
        defer { _ = fileSystem.setDirect(file, false) }
        do {
            try fileSystem.write(file, UnsafeRawBufferPointer(rebasing: bytes[..<count]), 0)
        } catch .storage(_, _, EINVAL) {
            takesDirect = false
            return 0
        }
        return count
    }

    mutating func makeDirectories(_ relative: String) throws(AuditLogError) {
        guard !known.contains(relative) else { return }
        let parent = Self.parent(of: relative)
        try makeDirectories(parent)
        try fileSystem.makeDirectory(absolute(relative))
        unsynced.insert(parent)
        known.insert(relative)
    }

    /// Removes a directory with the files in it.
    mutating func removeDirectory(_ relative: String) throws(AuditLogError) {
        let names = try fileSystem.list(absolute(relative))
        for name in names { try fileSystem.removeFile("\(absolute(relative))/\(name)") }
        try fileSystem.removeDirectory(absolute(relative))
        known.remove(relative)
        unsynced.remove(relative)
    }

    /// Removes a file; ``commit()`` makes that durable.
    mutating func remove(_ relative: String) throws(AuditLogError) {
        try fileSystem.removeFile(absolute(relative))
        unsynced.insert(Self.parent(of: relative))
    }

    /// Adds a key to `log.vkey` if it is not there; old keys stay for ever.
    ///
    /// - Returns: The lines of the file.
    @discardableResult
    mutating func addVerifierKey(_ key: VerifierKey) throws(AuditLogError) -> [String] {
        let text = String(decoding: try read("log.vkey") ?? [], as: UTF8.self)
        var lines = text.split(separator: "\n").map(String.init)
        if !lines.contains(key.description) {
            lines.append(key.description)
            try replace("log.vkey", with: Array((lines.joined(separator: "\n") + "\n").utf8))
            try commit()
        }
        return lines
    }

    /// Whether a file is there.
    func exists(_ relative: String) throws(AuditLogError) -> Bool {
        do {
            fileSystem.close(try fileSystem.open(absolute(relative), .read))
            return true
        } catch .storage(_, _, ENOENT) {
            return false
        }
    }

    /// The content of a file, or `nil` if it is not there.
    func read(_ relative: String, limit: Int = 1 << 30) throws(AuditLogError) -> [UInt8]? {
        let path = absolute(relative)
        let file: LogFileSystem.File
        do {
            file = try fileSystem.open(path, .read)
        } catch .storage(_, _, ENOENT) {
            return nil
        }
        defer { fileSystem.close(file) }
        return try fileSystem.readAll(file, limit: limit)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[..<slash])
    }
}
