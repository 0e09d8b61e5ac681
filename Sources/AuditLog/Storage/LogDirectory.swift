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

    init(path: String, fileSystem: LogFileSystem) {
        self.path = path
        self.fileSystem = fileSystem
    }

    func absolute(_ relative: String) -> String { relative.isEmpty ? path : "\(path)/\(relative)" }

    /// Replaces a file: a temporary name, synced, renamed.
    ///
    /// The name is durable after ``syncDirectories()``.
    mutating func replace(_ relative: String, with bytes: [UInt8]) throws(AuditLogError) {
        let folder = Self.parent(of: relative)
        try makeDirectories(folder)
        let target = absolute(relative)
        let file = try fileSystem.open(target + ".tmp", .replace)
        defer { fileSystem.close(file) }
        try fileSystem.write(bytes[...], to: file, at: 0)
        try fileSystem.syncData(file)
        try fileSystem.rename(target + ".tmp", target)
        unsynced.insert(folder)
    }

    /// Makes the names of all replaced files durable.
    mutating func syncDirectories() throws(AuditLogError) {
        for folder in unsynced.sorted() {
            try fileSystem.syncDirectory(absolute(folder))
            unsynced.remove(folder)
        }
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
