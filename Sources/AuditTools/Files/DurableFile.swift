// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whole files, read within bounds and written so that a name never stands for half of them.
package enum DurableFile {
    /// Writes a file under a temporary name, syncs it, renames it, and syncs the directory.
    ///
    /// - Throws: ``AuditToolError/file(path:problem:)``.
    package static func write(_ bytes: [UInt8], to path: String) throws(AuditToolError) {
        let temporary = path + ".tmp"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .file(path: path, problem: "cannot be written (errno \(errno))") }
        var code: Int32 = 0
        var done = 0
        while done < bytes.count, code == 0 {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count >= 0 { done += count } else if errno != EINTR { code = errno }
        }
        if code == 0, fsync(file) != 0 { code = errno }
        close(file)
        if code == 0, rename(temporary, path) != 0 { code = errno }
        guard code == 0 else {
            unlink(temporary)
            throw .file(path: path, problem: "cannot be written (errno \(code))")
        }
        syncDirectory(of: path)
    }

    private static func syncDirectory(of path: String) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }

    /// Makes a directory, with those above it.
    package static func makeDirectory(_ path: String) throws(AuditToolError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let code = errno
        guard code == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw .file(path: path, problem: "cannot be made (errno \(code))")
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .file(path: path, problem: "cannot be made (errno \(errno))")
        }
    }

    /// Reads a file; `nil` if it is not there.
    ///
    /// - Throws: ``AuditToolError/file(path:problem:)`` if it cannot be read or is larger than the limit.
    package static func read(_ path: String, limit: Int = 256 << 20) throws(AuditToolError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .file(path: path, problem: "cannot be read (errno \(errno))")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = piece.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            guard count > 0 || errno == EINTR else {
                throw .file(path: path, problem: "cannot be read (errno \(errno))")
            }
            if count > 0 { bytes += piece[..<count] }
            guard bytes.count <= limit else { throw .file(path: path, problem: "is larger than \(limit) bytes") }
        }
    }
}

/// A file that is written piece by piece and hashed on the way, or standard output.
package final class OutputFile {
    private let descriptor: Int32
    private let path: String?
    private var buffer: [UInt8] = []
    private var hash = FileDigest()
    /// How many bytes were handed to the system.
    package private(set) var byteCount = 0

    /// Creates or replaces a file; without a path it is standard output.
    package init(path: String?) throws(AuditToolError) {
        self.path = path
        guard let path else {
            descriptor = STDOUT_FILENO
            return
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: path, problem: "cannot be written (errno \(errno))") }
    }

    deinit { if path != nil { close(descriptor) } }

    /// Adds bytes.
    package func write(_ bytes: some Collection<UInt8>) throws(AuditToolError) {
        buffer += bytes
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// Adds a text.
    package func write(_ text: String) throws(AuditToolError) { try write(text.utf8) }

    /// Hands everything to the system.
    package func flush() throws(AuditToolError) {
        var done = 0
        while done < buffer.count {
            let count = buffer[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw .file(path: path ?? "standard output", problem: "cannot be written (errno \(errno))")
            }
        }
        hash.add(buffer)
        byteCount += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes the rest, syncs a file, and gives its SHA-256 in hexadecimal.
    package func finish() throws(AuditToolError) -> String {
        try flush()
        if let path, fsync(descriptor) != 0 {
            throw .file(path: path, problem: "cannot be written (errno \(errno))")
        }
        return hash.hexadecimal
    }
}
