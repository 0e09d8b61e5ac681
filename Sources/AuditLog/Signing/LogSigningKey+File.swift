// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension LogSigningKey {
    /// Reads a key file.
    ///
    /// - Parameters:
    ///   - path: The file; a regular file of this user that neither group nor others can read.
    ///   - dataDirectory: The service's data directory; the key must not lie inside.
    /// - Returns: The key.
    /// - Throws: ``AuditLogError/exposedKey(path:problem:)`` or ``AuditLogError/unusableKey(path:problem:)``.
    public static func load(path: String, outside dataDirectory: String) throws(AuditLogError) -> LogSigningKey {
        try refuseInside(path: path, directory: dataDirectory)
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unusableKey(path: path, problem: "cannot be opened (errno \(errno))") }
        defer { _ = close(file) }
        // The open file is asked, not the path, so that nobody can exchange it in between.
        var information = stat()
        guard fstat(file, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw .unusableKey(path: path, problem: "is not a regular file")
        }
        guard information.st_mode & 0o077 == 0 else {
            let mode = String(information.st_mode & 0o777, radix: 8)
            throw .exposedKey(path: path, problem: "its mode is \(mode); `chmod 600` is accepted")
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        defer { for index in bytes.indices { bytes[index] = 0 } }
        guard count > 0, count < bytes.count, let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw .unusableKey(path: path, problem: "cannot be read as a log key")
        }
        return try LogSigningKey(text: text, path: path)
    }

    /// Draws a new key for an origin and writes its file with mode 0600; an existing file is never replaced.
    ///
    /// - Throws: ``AuditLogError/invalidOrigin(_:problem:)``, ``AuditLogError/exposedKey(path:problem:)``, or
    ///   ``AuditLogError/storage(operation:path:code:)`` (`EEXIST` if the file is there).
    public static func create(
        path: String, origin: String, kind: VerifierKey.Kind = .log, outside dataDirectory: String
    ) throws(AuditLogError) -> LogSigningKey {
        let key = try LogSigningKey(origin: origin, kind: kind)
        try refuseInside(path: path, directory: dataDirectory)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .storage(operation: "creation", path: path, code: errno) }
        defer { _ = close(file) }
        let text = Array(key.fileText.utf8)
        guard fchmod(file, 0o600) == 0, write(file, text, text.count) == text.count, fsync(file) == 0 else {
            let code = errno
            unlink(path)
            throw .storage(operation: "write", path: path, code: code)
        }
        let directory = open(parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return key }
        fsync(directory)
        close(directory)
        return key
    }

    /// The data directory is backed up and copied; a key in it would travel along.
    private static func refuseInside(path: String, directory: String) throws(AuditLogError) {
        guard let home = resolved(directory) else { return }
        let folder = resolved(parent(of: path)) ?? parent(of: path)
        let target = resolved(path) ?? folder
        for place in [folder, target] where place == home || place.hasPrefix(home + "/") {
            throw .exposedKey(path: path, problem: "it lies inside the data directory `\(directory)`")
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
