// SPDX-License-Identifier: Apache-2.0

import Crypto

/// A SHA-256 hash of the Merkle tree (RFC 6962, section 2.1).
public struct TreeHash: Sendable, Hashable {
    /// The number of bytes of a hash.
    public static let byteCount = 32

    private var a: UInt64 = 0
    private var b: UInt64 = 0
    private var c: UInt64 = 0
    private var d: UInt64 = 0

    private init() {}

    /// Takes 32 bytes; `nil` for any other number of them.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: bytes) }
    }

    private init(_ digest: SHA256Digest) {
        digest.withUnsafeBytes { digest in withUnsafeMutableBytes(of: &self) { $0.copyMemory(from: digest) } }
    }

    /// The hash of a leaf: a zero byte and the entry.
    static func leaf(_ entry: UnsafeRawBufferPointer) -> TreeHash {
        var hash = SHA256()
        withUnsafeBytes(of: UInt8(0)) { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: entry)
        return TreeHash(hash.finalize())
    }

    /// The hash of a leaf: a zero byte and the entry.
    static func leaf(_ entry: some Sequence<UInt8>) -> TreeHash { Array(entry).withUnsafeBytes { leaf($0) } }

    /// The hash of an inner node: a one byte and both children.
    static func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { buffer in
            buffer[0] = 1
            buffer.storeBytes(of: left, toByteOffset: 1, as: TreeHash.self)
            buffer.storeBytes(of: right, toByteOffset: 33, as: TreeHash.self)
            var hash = SHA256()
            hash.update(bufferPointer: UnsafeRawBufferPointer(buffer))
            return TreeHash(hash.finalize())
        }
    }

    /// The root of the empty tree: the hash of nothing.
    static let empty = TreeHash(SHA256().finalize())

    /// The 32 bytes.
    public var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }

    /// Standard base 64, as checkpoints carry it.
    public var base64: String { Base64.encode(bytes, .standard) }

    /// Appends the 32 bytes.
    func append(to bytes: inout [UInt8]) { withUnsafeBytes(of: self) { bytes.append(contentsOf: $0) } }
}

extension TreeHash: CustomStringConvertible {
    /// The base 64 form.
    public var description: String { base64 }
}
