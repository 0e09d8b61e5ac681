// SPDX-License-Identifier: Apache-2.0

import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A small file of credentials that the service and the command line both change: whole, durably, one at a time.
struct CredentialFile: Sendable {
    /// Why a file cannot be read or written.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static let maximumBytes = 64 << 20

    let path: String

    /// The bytes; `nil` if there is no such file.
    func read() throws(Failure) -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path), data.count <= Self.maximumBytes else {
            throw Failure(description: "`\(path)` cannot be read, or is longer than 64 MiB")
        }
        return Array(data)
    }

    /// Replaces the content with what a change makes of it, while nobody else may.
    func edit<Value>(
        _ change: ([UInt8]?) throws(Failure) -> (bytes: [UInt8]?, value: Value)
    ) throws(Failure) -> Value {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure(description: "`\(folder)` cannot be made; a writable `data` directory is expected")
        }
        let lock = open(path + ".lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw failure("locked") }
        defer { _ = close(lock) }
        while flock(lock, LOCK_EX) != 0 { guard errno == EINTR else { throw failure("locked") } }
        let (bytes, value) = try change(try read())
        if let bytes { try replace(bytes, in: folder) }
        return value
    }

    /// Adds to the end, while nobody else may.
    func append(_ bytes: [UInt8]) throws(Failure) {
        try edit { before throws(Failure) in ((before ?? []) + bytes, ()) }
    }

    private func replace(_ bytes: [UInt8], in folder: String) throws(Failure) {
        let draft = path + ".new"
        let file = open(draft, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("written") }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 else {
                if errno == EINTR { continue }
                _ = close(file)
                throw failure("written")
            }
            rest = rest.dropFirst(count)
        }
        let isDurable = fchmod(file, 0o600) == 0 && fsync(file) == 0
        guard close(file) == 0, isDurable, rename(draft, path) == 0 else { throw failure("written") }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("written") }
        defer { _ = close(directory) }
        guard fsync(directory) == 0 else { throw failure("written") }
    }

    private func failure(_ what: String) -> Failure {
        Failure(description: "`\(path)` cannot be \(what): \(String(cString: strerror(errno)))")
    }
}
