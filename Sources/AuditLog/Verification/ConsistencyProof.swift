// SPDX-License-Identifier: Apache-2.0

/// The hashes that show one tree to be the beginning of another (RFC 6962, section 2.1.2).
public struct ConsistencyProof: Sendable, Hashable {
    /// A tree of 2^64 leaves needs no more hashes than this.
    public static let maximumHashes = 63

    /// The size of the older tree.
    public let old: UInt64
    /// The size of the newer tree.
    public let size: UInt64
    /// The hashes, in the order of the standard.
    public let hashes: [TreeHash]

    /// Makes a proof from its parts.
    public init(old: UInt64, size: UInt64, hashes: [TreeHash]) {
        (self.old, self.size, self.hashes) = (old, size, hashes)
    }

    /// Whether the proof leads from one root to another (RFC 9162, section 2.1.4.2).
    ///
    /// An empty tree is the beginning of every tree; a tree is the beginning of itself; both with an empty proof.
    public func connects(_ oldRoot: TreeHash, to newRoot: TreeHash) -> Bool {
        guard old <= size, hashes.count <= Self.maximumHashes else { return false }
        if old == 0 { return hashes.isEmpty && oldRoot == .empty }
        if old == size { return hashes.isEmpty && oldRoot == newRoot }
        // A perfect older tree is a node of the newer one, which the proof leaves out.
        var path = hashes[...]
        if old & (old - 1) == 0 { path = ([oldRoot] + hashes)[...] }
        guard let start = path.popFirst() else { return false }
        var (node, last) = (old - 1, size - 1)
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        var (before, after) = (start, start)
        for hash in path {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                before = .node(hash, before)
                after = .node(hash, after)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                after = .node(after, hash)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && before == oldRoot && after == newRoot
    }
}

extension TileReader {
    /// Collects the proof that a tree's first entries are those of an older one, from the tiles.
    func consistencyProof(old: UInt64, size: UInt64) throws(AuditLogError) -> ConsistencyProof {
        guard old > 0, old < size else { return ConsistencyProof(old: old, size: size, hashes: []) }
        var hashes: [TreeHash] = []
        var (start, count, known) = (UInt64(0), size, old)
        // Whether the older tree begins where the part looked at begins: then its root is known.
        var isWhole = true
        while known != count {
            let split = Self.split(count)
            if known <= split {
                hashes.append(try root(start: start + split, count: count - split, size: size))
                count = split
            } else {
                hashes.append(try root(start: start, count: split, size: size))
                start += split
                count -= split
                known -= split
                isWhole = false
            }
        }
        if !isWhole { hashes.append(try root(start: start, count: count, size: size)) }
        return ConsistencyProof(old: old, size: size, hashes: hashes.reversed())
    }
}
