// SPDX-License-Identifier: Apache-2.0

/// A Cedar set: without order, each value once, kinds mixed at will.
public struct ValueSet: Sendable, Hashable {
    /// The elements in the module's canonical order, each once.
    public let elements: [Value]
    /// How deeply sets and records nest in this one: 1 for a flat set.
    let depth: Int

    /// Makes a set of the given values; repeated values count once.
    public init(_ elements: [Value]) {
        depth = elements.reduce(0) { max($0, $1.depth) } + 1
        guard elements.count > 1 else {
            self.elements = elements
            return
        }
        var unique: [Value] = []
        unique.reserveCapacity(elements.count)
        for element in elements.sorted() where unique.last != element { unique.append(element) }
        self.elements = unique
    }

    /// Whether the set has no element.
    public var isEmpty: Bool { elements.isEmpty }

    /// The number of different elements.
    public var count: Int { elements.count }

    /// Whether the value is an element.
    public func contains(_ value: Value) -> Bool {
        var (low, high) = (0, elements.count)
        while low < high {
            let middle = low + (high - low) / 2
            if elements[middle] == value { return true }
            if elements[middle] < value { low = middle + 1 } else { high = middle }
        }
        return false
    }
}
