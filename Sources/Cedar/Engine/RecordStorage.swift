// SPDX-License-Identifier: Apache-2.0

/// A record at run time: members under the universe's names first, others after them.
final class RecordStorage: Sendable {
    struct Member: Sendable {
        let name: Int32
        let value: RuntimeValue
    }

    /// A member whose key the universe does not know, so that no policy names it.
    struct ForeignMember: Sendable {
        let key: ByteKey
        let value: RuntimeValue
    }

    /// Ordered by name, each once.
    let members: ContiguousArray<Member>
    /// Ordered by key, each once.
    let foreign: [ForeignMember]
    /// The universe of the names; 0 if parts of several were mixed, -1 as universe of nothing (empty).
    let universe: UInt64

    static let empty = RecordStorage(members: [], foreign: [], universe: Universe.anyIdentifier)

    /// Takes members in order, each name once.
    init(members: ContiguousArray<Member>, foreign: [ForeignMember], universe: UInt64) {
        self.members = members
        self.foreign = foreign
        self.universe = universe
    }

    @inline(__always)
    func value(of name: Int32) -> RuntimeValue? {
        if members.count <= 8 {
            for index in members.indices where members[index].name == name { return members[index].value }
            return nil
        }
        guard let place = place(of: name) else { return nil }
        return members[place].value
    }

    @inline(__always)
    func has(_ name: Int32) -> Bool {
        if members.count <= 8 {
            for index in members.indices where members[index].name == name { return true }
            return false
        }
        return place(of: name) != nil
    }

    private func place(of name: Int32) -> Int? {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low &+ high) / 2
            let candidate = members[middle].name
            if candidate == name { return middle }
            if candidate < name { low = middle &+ 1 } else { high = middle }
        }
        return nil
    }

    /// Looks a computed key up, as `getTag` does.
    func value(of key: String, in universe: Universe) -> RuntimeValue? {
        if let name = universe.names.find(key) { return value(of: name) }
        let wanted = ByteKey(key)
        return foreign.first { $0.key == wanted }?.value
    }

    func isEqual(to other: RecordStorage) -> Bool {
        if self === other { return true }
        guard members.count == other.members.count, foreign.count == other.foreign.count else { return false }
        for (mine, theirs) in zip(members, other.members) {
            guard mine.name == theirs.name, mine.value.isEqual(to: theirs.value) else { return false }
        }
        for (mine, theirs) in zip(foreign, other.foreign) {
            guard mine.key == theirs.key, mine.value.isEqual(to: theirs.value) else { return false }
        }
        return true
    }

    var hash: UInt64 {
        var state: UInt64 = 9
        for member in members {
            state = ByteHash.combine(state, UInt64(UInt32(bitPattern: member.name)))
            state = ByteHash.combine(state, member.value.hash)
        }
        for member in foreign {
            state = ByteHash.combine(state, ByteHash.hash(member.key.text))
            state = ByteHash.combine(state, member.value.hash)
        }
        return state
    }
}
