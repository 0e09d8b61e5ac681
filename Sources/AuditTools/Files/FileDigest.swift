// SPDX-License-Identifier: Apache-2.0

import Crypto

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// SHA-256 in hexadecimal.
package struct FileDigest {
    private var hash = SHA256()

    /// Begins an empty one.
    package init() {}

    /// Adds bytes.
    package mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { hash.update(bufferPointer: $0) } }

    /// The digest of what was added, 64 lower-case digits.
    package var hexadecimal: String { Self.text(hash.finalize()) }

    /// The digest of some bytes.
    package static func hexadecimal(of bytes: [UInt8]) -> String { text(SHA256.hash(data: bytes)) }

    /// The digest of a file of any size; `nil` if it is not there.
    package static func hexadecimal(ofFile path: String) throws(AuditToolError) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .file(path: path, problem: "cannot be read (errno \(errno))")
        }
        defer { close(file) }
        var digest = FileDigest()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = piece.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count == 0 { return digest.hexadecimal }
            guard count > 0 || errno == EINTR else {
                throw .file(path: path, problem: "cannot be read (errno \(errno))")
            }
            if count > 0 { digest.add(Array(piece[..<count])) }
        }
    }

    /// The digest of the entry as the tree has it: a zero byte and the leaf (RFC 6962, section 2.1).
    package static func leafHash(_ leaf: some Collection<UInt8>) -> String {
        text(SHA256.hash(data: [0] + Array(leaf)))
    }

    private static func text(_ digest: SHA256Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in digest {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
