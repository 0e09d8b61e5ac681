// SPDX-License-Identifier: Apache-2.0

/// The hashes that lead from one entry to the root of a tree (RFC 6962, section 2.1.1).
public struct InclusionProof: Sendable, Hashable {
    /// The entry's place in the log.
    public let index: UInt64
    /// The size of the tree.
    public let size: UInt64
    /// The sibling hashes, lowest first.
    public let hashes: [TreeHash]

    /// Makes a proof of its parts.
    package init(index: UInt64, size: UInt64, hashes: [TreeHash]) {
        self.index = index
        self.size = size
        self.hashes = hashes
    }

    /// The root that the proof leads to from a leaf hash; `nil` if the proof has the wrong number of hashes.
    public func root(fromLeafHash leaf: TreeHash) -> TreeHash? {
        guard index < size else { return nil }
        var hash = leaf
        var node = index
        var last = size - 1
        for sibling in hashes {
            guard last > 0 else { return nil }
            if node & 1 == 1 || node == last {
                hash = .node(sibling, hash)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = .node(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 ? hash : nil
    }
}

extension TileReader {
    /// Collects the proof of an entry from the tiles.
    func inclusionProof(index: UInt64, size: UInt64) throws(AuditLogError) -> InclusionProof {
        var hashes: [TreeHash] = []
        var (start, count) = (UInt64(0), size)
        while count > 1 {
            let split = Self.split(count)
            if index - start < split {
                hashes.append(try root(start: start + split, count: count - split, size: size))
                count = split
            } else {
                hashes.append(try root(start: start, count: split, size: size))
                start += split
                count -= split
            }
        }
        return InclusionProof(index: index, size: size, hashes: hashes.reversed())
    }

    /// The largest power of two below a number greater than one.
    static func split(_ count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }

    func root(start: UInt64, count: UInt64, size: UInt64) throws(AuditLogError) -> TreeHash {
        guard count & (count - 1) != 0 else { return try perfectRoot(start: start, count: count, size: size) }
        let split = Self.split(count)
        return .node(
            try root(start: start, count: split, size: size),
            try root(start: start + split, count: count - split, size: size))
    }

    /// The root over an aligned power of two of entries, from the highest tile that holds its parts.
    private func perfectRoot(start: UInt64, count: UInt64, size: UInt64) throws(AuditLogError) -> TreeHash {
        let height = count.trailingZeroBitCount
        let level = height / 8
        let node = start >> UInt64(8 * level)
        let index = node >> 8
        let width = Int(min(UInt64(TilePath.width), size >> UInt64(8 * level) - index << 8))
        let hashes = try hashes(level: level, index: index, width: width)
        let offset = Int(node & 0xFF)
        return TreeEdge.root(of: hashes[offset..<offset + 1 << (height % 8)])
    }
}
