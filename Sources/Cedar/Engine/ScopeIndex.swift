// SPDX-License-Identifier: Apache-2.0

/// Finds the policies whose scope may hold, without looking at the others.
///
/// A tree: each node sorts its policies by what they ask of one variable, and a large group is sorted again by
/// another variable. Nothing is lost, since a scope is a conjunction of tests that cannot fail: whoever does not
/// satisfy the test that a policy is sorted by does not satisfy the policy. The rest of the scope is tested on each
/// candidate.
struct ScopeIndex: Sendable {
    /// Policies by number, the groups of one node side by side; one may stand in several groups of a node.
    var candidates: [Int32] = []
    var nodes: [Node] = []
    var slots: [Slot] = []
    /// The identities that `in` tests of a node name, for those who have more ancestors than the node has names.
    var ancestors: [Int32] = []
    var groups: [Group] = []
    /// The group of all policies.
    var root: Int32 = -1

    /// Candidates that lie side by side, with the node that sorts them further if there is one.
    struct Group: Sendable {
        let start: Int32
        let count: Int32
        let node: Int32
    }

    struct Node: Sendable {
        let variable: Variable
        /// Whether any policy asks for an identity, an ancestor or a type.
        let kinds: KeyKinds
        /// The part of `slots` that belongs to this node: a power of two minus one, and where it begins.
        let mask: Int32
        let firstSlot: Int32
        /// The part of `ancestors` that belongs to this node.
        let firstAncestor: Int32
        let ancestorCount: Int32
        /// The group of policies that ask nothing of the variable, or -1.
        let rest: Int32
    }

    struct Slot: Sendable {
        let key: UInt64
        let group: Int32
    }

    enum Variable: UInt8, Sendable, CaseIterable { case principal, action, resource }

    struct KeyKinds: OptionSet, Sendable {
        let rawValue: UInt8
        static let identity = KeyKinds(rawValue: 1)
        static let ancestor = KeyKinds(rawValue: 2)
        static let type = KeyKinds(rawValue: 4)
    }

    static let freeKey = UInt64.max

    /// Groups that are tested one by one.
    static let scanLimit = 6

    @inline(__always)
    static func key(_ kind: KeyKinds, _ number: Int32) -> UInt64 {
        UInt64(kind.rawValue) << 32 | UInt64(UInt32(bitPattern: number))
    }
}

/// A scope index as requests use it.
final class FixedIndex: Sendable {
    private let candidates: FixedBuffer<Int32>
    private let nodes: FixedBuffer<ScopeIndex.Node>
    private let slots: FixedBuffer<ScopeIndex.Slot>
    private let ancestors: FixedBuffer<Int32>
    private let groups: FixedBuffer<ScopeIndex.Group>
    private let root: Int32

    init(_ index: ScopeIndex) {
        candidates = FixedBuffer(index.candidates)
        nodes = FixedBuffer(index.nodes)
        slots = FixedBuffer(index.slots)
        ancestors = FixedBuffer(index.ancestors)
        groups = FixedBuffer(index.groups)
        root = index.root
    }

    var places: IndexPlaces {
        IndexPlaces(
            candidates: candidates.start, nodes: nodes.start, slots: slots.start, ancestors: ancestors.start,
            groups: groups.start, root: root)
    }
}

/// Where the parts of a ``FixedIndex`` lie.
struct IndexPlaces {
    let candidates: UnsafePointer<Int32>
    let nodes: UnsafePointer<ScopeIndex.Node>
    let slots: UnsafePointer<ScopeIndex.Slot>
    let ancestors: UnsafePointer<Int32>
    let groups: UnsafePointer<ScopeIndex.Group>
    let root: Int32

    /// The group of a key, or -1.
    @inline(__always)
    func group(_ kind: ScopeIndex.KeyKinds, _ number: Int32, in node: ScopeIndex.Node) -> Int32 {
        let key = ScopeIndex.key(kind, number)
        var index = Int32(truncatingIfNeeded: ByteHash.mix(key)) & node.mask
        while true {
            let slot = slots[Int(node.firstSlot &+ index)]
            if slot.key == key { return slot.group }
            if slot.key == ScopeIndex.freeKey { return -1 }
            index = (index &+ 1) & node.mask
        }
    }
}
