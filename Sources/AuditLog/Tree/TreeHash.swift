// SPDX-License-Identifier: Apache-2.0

import CNettle

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

    /// Hashes two pieces of memory, one after the other.
    private init(of first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) {
        withUnsafeMutableBytes(of: &self) { digest in
            guard let digest = digest.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
            countersign_sha256(first.baseAddress, first.count, second.baseAddress, second.count, digest)
        }
    }

    /// The hash of a leaf: a zero byte and the entry.
    static func leaf(_ entry: UnsafeRawBufferPointer) -> TreeHash {
        withUnsafeBytes(of: UInt8(0)) { TreeHash(of: $0, entry) }
    }

    /// The hash of a leaf: a zero byte and the entry.
    static func leaf(_ entry: some Sequence<UInt8>) -> TreeHash { Array(entry).withUnsafeBytes { leaf($0) } }

    /// The hash of an inner node: a one byte and both children.
    static func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        withUnsafeTemporaryAllocation(byteCount: 33, alignment: 8) { first in
            first[0] = 1
            first.storeBytes(of: left, toByteOffset: 1, as: TreeHash.self)
            return withUnsafeBytes(of: right) { TreeHash(of: UnsafeRawBufferPointer(first), $0) }
        }
    }

    /// The root of the empty tree: the hash of nothing.
    static let empty = withUnsafeBytes(of: ()) { TreeHash(of: $0, $0) }

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
