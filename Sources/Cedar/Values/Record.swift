// SPDX-License-Identifier: Apache-2.0

/// A Cedar record: keys and their values.
public struct Record: Sendable, Hashable, CustomStringConvertible {
    /// The members, ordered by the UTF-8 bytes of their keys.
    public let members: [Member]
    /// How deeply sets and records nest in this one: 1 for a flat record.
    let depth: Int

    /// One key and its value.
    public struct Member: Sendable, Hashable {
        /// The key.
        public let key: String
        /// The value.
        public let value: Value

        /// Makes a member.
        public init(key: String, value: Value) {
            self.key = key
            self.value = value
        }

        /// Compares the key by UTF-8 bytes and the value as Cedar does.
        public static func == (left: Self, right: Self) -> Bool {
            left.key.hasSameBytes(as: right.key) && left.value == right.value
        }

        /// Hashes in step with `==`.
        public func hash(into hasher: inout Hasher) {
            key.hashBytes(into: &hasher)
            hasher.combine(value)
        }
    }

    /// The empty record.
    public init() {
        members = []
        depth = 1
    }

    /// Makes a record; of repeated keys the last counts.
    public init(_ members: [(String, Value)]) {
        var sorted: [Member] = []
        sorted.reserveCapacity(members.count)
        let order = members.indices.sorted { left, right in
            if members[left].0.hasSameBytes(as: members[right].0) { return left < right }
            return members[left].0.bytesPrecede(members[right].0)
        }
        for index in order {
            let member = Member(key: members[index].0, value: members[index].1)
            if let last = sorted.last, last.key.hasSameBytes(as: member.key) { sorted.removeLast() }
            sorted.append(member)
        }
        self.members = sorted
        depth = sorted.reduce(0) { max($0, $1.value.depth) } + 1
    }

    /// Whether the record has no member.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of a key, compared by UTF-8 bytes; `nil` if there is none.
    public subscript(_ key: String) -> Value? {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = low + (high - low) / 2
            let candidate = members[middle].key
            if candidate.hasSameBytes(as: key) { return members[middle].value }
            if candidate.bytesPrecede(key) { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// The canonical order, for sets that hold records.
    func precedes(_ other: Record) -> Bool {
        for (mine, theirs) in zip(members, other.members) {
            if !mine.key.hasSameBytes(as: theirs.key) { return mine.key.bytesPrecede(theirs.key) }
            if mine.value != theirs.value { return mine.value < theirs.value }
        }
        return members.count < other.members.count
    }

    /// The record as a Cedar expression; keys that are no identifiers are quoted.
    public var description: String {
        guard !members.isEmpty else { return "{}" }
        let parts = members.map { member in
            let key = Identifier.isUsable(member.key) ? member.key : CedarString.quoted(member.key)
            return "\(key): \(member.value)"
        }
        return "{" + parts.joined(separator: ", ") + "}"
    }
}
