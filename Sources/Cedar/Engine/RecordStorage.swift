// SPDX-License-Identifier: Apache-2.0

/// A record at run time: members under the universe's names first, others after them.
///
/// `@unchecked Sendable`: what the pointers lead to is written by `init` alone and freed by `deinit`; there is no lock
/// because nothing changes in between.
final class RecordStorage: @unchecked Sendable {
    struct Member: Sendable {
        let name: Int32
        let value: RuntimeValue
    }

    /// A member whose key the universe does not know, so that no policy names it.
    struct ForeignMember: Sendable {
        let key: ByteKey
        let value: RuntimeValue
    }

    /// The number of members under the universe's names.
    let count: Int
    /// Their values, in the order of the names; they stay where they are as long as the record lives.
    private let values: UnsafeMutablePointer<RuntimeValue>
    /// Their names, ascending, each once; behind the values in the same memory.
    private let names: UnsafeMutablePointer<Int32>
    /// Ordered by key, each once.
    let foreign: [ForeignMember]
    /// The universe of the names; 0 if parts of several were mixed, -1 as universe of nothing (empty).
    let universe: UInt64
    /// How deeply sets and records nest in this one: 1 for a flat record.
    let depth: Int32

    static let empty = RecordStorage(members: [], foreign: [], universe: Universe.anyIdentifier)

    /// Takes members in order, each name once.
    init(members: some RandomAccessCollection<Member>, foreign: [ForeignMember], universe: UInt64) {
        (values, names) = Self.allocate(members.count)
        self.foreign = foreign
        self.universe = universe
        var (place, inner): (Int, Int32) = (0, 0)
        for member in members {
            (names + place).initialize(to: member.name)
            (values + place).initialize(to: member.value)
            inner = max(inner, member.value.depth)
            place += 1
        }
        for member in foreign { inner = max(inner, member.value.depth) }
        count = place
        depth = inner &+ 1
    }

    /// Takes members in any order; of repeated keys the last counts.
    convenience init(_ members: [(RecordKey, PreparedValue)]) {
        if members.count <= Self.fewMembers { self.init(few: members) } else { self.init(many: members) }
    }

    private static let fewMembers = 24

    private convenience init(many members: [(RecordKey, PreparedValue)]) {
        var universe = Universe.anyIdentifier
        var known: [Int32: RuntimeValue] = [:]
        var foreign: [ByteKey: RuntimeValue] = [:]
        for (key, value) in members {
            universe = Universe.joined(Universe.joined(universe, key.universe), value.universe)
            if key.name >= 0 { known[key.name] = value.runtime } else { foreign[key.text] = value.runtime }
        }
        self.init(
            members: known.map { Member(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name },
            foreign: foreign.map { ForeignMember(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key },
            universe: universe)
    }

    private init(few members: [(RecordKey, PreparedValue)]) {
        (values, names) = Self.allocate(members.count)
        var (place, inner): (Int, Int32) = (0, 0)
        var universe = Universe.anyIdentifier
        var foreign: [ForeignMember] = []
        for (key, value) in members {
            universe = Universe.joined(Universe.joined(universe, key.universe), value.universe)
            if key.name >= 0 {
                place = Self.insert(key.name, value.runtime, values, names, count: place)
            } else {
                foreign.removeAll { $0.key == key.text }
                foreign.append(ForeignMember(key: key.text, value: value.runtime))
            }
            inner = max(inner, value.runtime.depth)
        }
        if foreign.count > 1 { foreign.sort { $0.key < $1.key } }
        self.foreign = foreign
        self.universe = universe
        count = place
        depth = inner &+ 1
    }

    private static func allocate(
        _ count: Int
    ) -> (UnsafeMutablePointer<RuntimeValue>, UnsafeMutablePointer<Int32>) {
        let wanted = max(1, count)
        let size = wanted * (MemoryLayout<RuntimeValue>.stride + MemoryLayout<Int32>.stride)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: size, alignment: MemoryLayout<RuntimeValue>.alignment)
        let values = memory.bindMemory(to: RuntimeValue.self, capacity: wanted)
        let names = (memory + wanted * MemoryLayout<RuntimeValue>.stride)
            .bindMemory(to: Int32.self, capacity: wanted)
        return (values, names)
    }

    /// Insertion sort: records of requests are short and mostly given in order.
    ///
    /// - Returns: The new number of members.
    private static func insert(
        _ name: Int32, _ value: RuntimeValue, _ values: UnsafeMutablePointer<RuntimeValue>,
        _ names: UnsafeMutablePointer<Int32>, count: Int
    ) -> Int {
        var index = count
        while index > 0, names[index - 1] > name { index -= 1 }
        if index > 0, names[index - 1] == name {
            values[index - 1] = value
            return count
        }
        (values + index + 1).moveInitialize(from: values + index, count: count - index)
        (names + index + 1).moveInitialize(from: names + index, count: count - index)
        (values + index).initialize(to: value)
        (names + index).initialize(to: name)
        return count + 1
    }

    deinit {
        values.deinitialize(count: count)
        UnsafeMutableRawPointer(values).deallocate()
    }

    /// The members under the universe's names, ascending.
    var members: [Member] {
        (0..<count).map { Member(name: names[$0], value: values[$0]) }
    }

    /// Where the value of a name lies.
    @inline(__always)
    func place(of name: Int32) -> UnsafePointer<RuntimeValue>? {
        if count <= 12 {
            var index = 0
            while index < count {
                if names[index] == name { return UnsafePointer(values + index) }
                index &+= 1
            }
            return nil
        }
        var (low, high) = (0, count)
        while low < high {
            let middle = (low &+ high) / 2
            let candidate = names[middle]
            if candidate == name { return UnsafePointer(values + middle) }
            if candidate < name { low = middle &+ 1 } else { high = middle }
        }
        return nil
    }

    /// Looks a computed key up, as `getTag` does.
    func value(of key: String, in universe: Universe) -> RuntimeValue? {
        if let name = universe.names.find(key) { return place(of: name)?.pointee }
        return foreign.first { $0.key.text.hasSameBytes(as: key) }?.value
    }

    func isEqual(to other: RecordStorage) -> Bool {
        if self === other { return true }
        guard count == other.count, foreign.count == other.foreign.count, depth == other.depth else { return false }
        for index in 0..<count {
            guard names[index] == other.names[index], values[index].isEqual(to: other.values[index]) else {
                return false
            }
        }
        for (mine, theirs) in zip(foreign, other.foreign) {
            guard mine.key == theirs.key, mine.value.isEqual(to: theirs.value) else { return false }
        }
        return true
    }

    var hash: UInt64 {
        var state = ByteHash.secret ^ 9
        for index in 0..<count {
            state = ByteHash.combine(state, UInt64(UInt32(bitPattern: names[index])))
            state = ByteHash.combine(state, values[index].hash)
        }
        for member in foreign {
            state = ByteHash.combine(state, ByteHash.hash(member.key.text, seed: ByteHash.secret))
            state = ByteHash.combine(state, member.value.hash)
        }
        return state
    }
}
