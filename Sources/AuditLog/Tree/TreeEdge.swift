// SPDX-License-Identifier: Apache-2.0

/// The right edge of a Merkle tree: for each tile level the hashes of its unfinished tile.
///
/// That is all a growing tree needs: the root and every new tile follow from it.
struct TreeEdge: Sendable, Hashable {
    /// The number of leaves.
    private(set) var size: UInt64 = 0
    /// `levels[l]` holds fewer than 256 hashes, each over 256^l leaves.
    private(set) var levels: [[TreeHash]] = []

    init() {}

    /// Takes the unfinished tiles of a tree; the caller compares ``root`` with a trusted one.
    init(size: UInt64, levels: [[TreeHash]]) {
        self.size = size
        self.levels = levels
    }

    /// How many hashes the unfinished tile of a level holds in a tree of some size.
    static func width(size: UInt64, level: Int) -> Int { Int(truncatingIfNeeded: size >> UInt64(8 * level) & 0xFF) }

    /// How many levels a tree of some size has.
    static func levelCount(size: UInt64) -> Int { (UInt64.bitWidth - size.leadingZeroBitCount + 7) / 8 }

    /// Adds a leaf; reports each tile that it completes, lowest level first.
    mutating func append<Failure: Error>(
        _ leaf: TreeHash,
        completed: (_ level: Int, _ index: UInt64, _ hashes: [TreeHash]) throws(Failure) -> Void
    ) throws(Failure) {
        size += 1
        var hash = leaf
        var level = 0
        while true {
            if level == levels.count { levels.append([]) }
            levels[level].append(hash)
            guard levels[level].count == TilePath.width else { return }
            let hashes = levels[level]
            levels[level].removeAll(keepingCapacity: true)
            try completed(level, (size >> UInt64(8 * (level + 1))) - 1, hashes)
            hash = Self.root(of: hashes[...])
            level += 1
        }
    }

    /// The root of the tree (RFC 6962, section 2.1).
    ///
    /// What lies right of a level's hashes counts as one more node, since it is smaller than any of them.
    var root: TreeHash {
        var right: TreeHash?
        for level in levels {
            var nodes = level
            if let right { nodes.append(right) }
            if !nodes.isEmpty { right = Self.root(of: nodes[...]) }
        }
        return right ?? .empty
    }

    /// The root over some neighbouring nodes; they must not be empty.
    static func root(of nodes: ArraySlice<TreeHash>) -> TreeHash {
        guard let first = nodes.first else { return .empty }
        guard nodes.count > 1 else { return first }
        var split = 1
        while split * 2 < nodes.count { split *= 2 }
        let middle = nodes.startIndex + split
        return .node(root(of: nodes[..<middle]), root(of: nodes[middle...]))
    }
}
