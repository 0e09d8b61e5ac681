// SPDX-License-Identifier: Apache-2.0

/// A set at run time: each element once, with a hash table when there are many.
final class SetStorage: Sendable {
    let elements: [RuntimeValue]
    /// The elements' hashes; empty while a scan is faster.
    private let hashes: [UInt64]
    /// Open addressing over `elements`; empty while a scan is faster.
    private let slots: [Int32]
    /// The sum of the elements' hashes, whatever their order.
    let hash: UInt64
    /// How deeply sets and records nest in this one: 1 for a flat set.
    let depth: Int32
    /// Whether every element is an entity, as the right side of `in` must be.
    let holdsOnlyEntities: Bool

    private static let scanLimit = 8

    static let empty = SetStorage([])

    init(_ candidates: [RuntimeValue]) {
        var elements: [RuntimeValue] = []
        elements.reserveCapacity(candidates.count)
        var hashes: [UInt64] = []
        var slots: [Int32] = []
        var sum: UInt64 = 8
        if candidates.count <= Self.scanLimit {
            for value in candidates where !Self.holds(elements, value) {
                elements.append(value)
                sum &+= value.hash
            }
        } else {
            var size = 32
            while size < candidates.count * 2 { size *= 2 }
            slots = Array(repeating: -1, count: size)
            for value in candidates {
                let hash = value.hash
                var index = Int(truncatingIfNeeded: hash) & (size - 1)
                var known = false
                while slots[index] >= 0 {
                    let place = Int(slots[index])
                    if hashes[place] == hash, elements[place].isEqual(to: value) {
                        known = true
                        break
                    }
                    index = (index + 1) & (size - 1)
                }
                if known { continue }
                slots[index] = Int32(truncatingIfNeeded: elements.count)
                elements.append(value)
                hashes.append(hash)
                sum &+= hash
            }
        }
        self.elements = elements
        self.hashes = hashes
        self.slots = slots
        hash = sum
        holdsOnlyEntities = elements.allSatisfy { $0.kind == .entity }
        depth = elements.reduce(0) { max($0, $1.depth) } &+ 1
    }

    private static func holds(_ elements: [RuntimeValue], _ value: RuntimeValue) -> Bool {
        for element in elements where element.isEqual(to: value) { return true }
        return false
    }

    func contains(_ value: RuntimeValue) -> Bool {
        guard !slots.isEmpty else { return Self.holds(elements, value) }
        let hash = value.hash
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index] >= 0 {
            let place = Int(slots[index])
            if hashes[place] == hash, elements[place].isEqual(to: value) { return true }
            index = (index + 1) & mask
        }
        return false
    }

    func containsAll(_ other: SetStorage) -> Bool {
        guard other.elements.count <= elements.count else { return false }
        return other.elements.allSatisfy(contains)
    }

    func containsAny(_ other: SetStorage) -> Bool {
        other.elements.count <= elements.count
            ? other.elements.contains(where: contains) : elements.contains(where: other.contains)
    }

    func isEqual(to other: SetStorage) -> Bool {
        self === other
            || (elements.count == other.elements.count && hash == other.hash && other.elements.allSatisfy(contains))
    }
}
