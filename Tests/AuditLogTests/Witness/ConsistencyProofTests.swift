// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AuditLog

@Suite("Consistency proofs: RFC 6962, section 2.1.2")
struct ConsistencyProofTests {
    private static let leaves = (0..<600).map { TreeHash.leaf([UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)]) }

    private static func root(_ count: Int) -> TreeHash { TreeEdge.root(of: leaves[..<count]) }

    /// The proof by the recursion that the standard gives.
    private static func proof(_ old: Int, _ leaves: ArraySlice<TreeHash>, isWhole: Bool = true) -> [TreeHash] {
        guard old < leaves.count else { return isWhole ? [] : [TreeEdge.root(of: leaves)] }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return old <= split
            ? proof(old, leaves[..<middle], isWhole: isWhole) + [TreeEdge.root(of: leaves[middle...])]
            : proof(old - split, leaves[middle...], isWhole: false) + [TreeEdge.root(of: leaves[..<middle])]
    }

    @Test("the standard's recursion is accepted for every pair of sizes, and nothing near it is")
    func verifies() {
        for size in 1...40 {
            for old in 1...size {
                let hashes = Self.proof(old, Self.leaves[..<size])
                let proof = ConsistencyProof(old: UInt64(old), size: UInt64(size), hashes: hashes)
                #expect(proof.connects(Self.root(old), to: Self.root(size)), "\(old) in \(size)")
                #expect(!proof.connects(Self.root(old), to: TreeHash.leaf([9])))
                #expect(!proof.connects(TreeHash.leaf([9]), to: Self.root(size)))
                let longer = ConsistencyProof(old: UInt64(old), size: UInt64(size), hashes: hashes + [Self.leaves[0]])
                #expect(!longer.connects(Self.root(old), to: Self.root(size)))
                guard old < size, !hashes.isEmpty else { continue }
                let shorter = ConsistencyProof(
                    old: UInt64(old), size: UInt64(size), hashes: Array(hashes.dropLast()))
                #expect(!shorter.connects(Self.root(old), to: Self.root(size)), "\(old) in \(size)")
            }
        }
        #expect(ConsistencyProof(old: 0, size: 9, hashes: []).connects(.empty, to: Self.root(9)))
        #expect(!ConsistencyProof(old: 0, size: 9, hashes: [.empty]).connects(.empty, to: Self.root(9)))
        #expect(!ConsistencyProof(old: 9, size: 8, hashes: []).connects(Self.root(9), to: Self.root(8)))
    }

    @Test("proofs from the tiles of a log are those of the standard")
    func collects() async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        _ = await LogFixture.append(590, to: log)
        await log.close()
        let size = try fixture.checkpoint.size
        let tiles = TileReader(directory: LogDirectory(path: fixture.directory, fileSystem: .posix))
        var leaves: [TreeHash] = []
        for number in 0..<3 as Range<UInt64> {
            let width = Int(min(256, size - number << 8))
            leaves += try tiles.hashes(level: 0, index: number, width: width)
        }
        for old in [0, 1, 2, 3, 127, 128, 255, 256, 257, 300, 511, 512, 513, size - 1, size] {
            let proof = try tiles.consistencyProof(old: old, size: size)
            #expect(proof.hashes == (old == 0 ? [] : Self.proof(Int(old), leaves[...])), "\(old)")
            let root = TreeEdge.root(of: leaves[..<Int(old)])
            #expect(try proof.connects(root, to: fixture.checkpoint.root), "\(old)")
        }
    }
}
