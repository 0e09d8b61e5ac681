// SPDX-License-Identifier: Apache-2.0

/// The members of a JSON object, in the order of the text.
///
/// Look-ups compare names byte for byte and walk the members: objects of tokens, requests and policies are small.
public struct JSONObject: Sendable {
    /// One name with its value.
    public struct Member: Sendable, Hashable {
        /// The name, after unescaping.
        public let key: String
        /// The value.
        public let value: JSONValue
        /// What look-ups compare first.
        fileprivate let mark: NameMark

        /// Makes a member.
        public init(key: String, value: JSONValue) { self.init(key, value, NameMark(key)) }

        init(_ key: String, _ value: JSONValue, _ mark: NameMark) {
            self.key = key
            self.value = value
            self.mark = mark
        }

        /// Compares name and value byte for byte.
        public static func == (left: Member, right: Member) -> Bool {
            left.key.isSameBytes(as: right.key) && left.value == right.value
        }

        /// Feeds name and value into the hasher.
        public func hash(into hasher: inout Hasher) {
            key.hashBytes(into: &hasher)
            hasher.combine(value)
        }
    }

    /// The members, in the order of the text; no name stands twice.
    public private(set) var members: [Member]
    /// The marks of all names; a name whose mark is not among them is not there.
    private var marks: NameMark.Set

    /// Makes an empty object.
    public init() { (members, marks) = ([], NameMark.Set()) }

    /// Makes an object from members whose names the parser has found to be distinct.
    init(distinct members: [Member], marks: NameMark.Set) { (self.members, self.marks) = (members, marks) }

    /// The number of members.
    public var count: Int { members.count }

    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of a name; setting replaces it in place, adds it at the end, or removes it with `nil`.
    public subscript(key: String) -> JSONValue? {
        get {
            let mark = NameMark(key)
            guard marks.mayHold(mark), let place = members.place(of: key, mark) else { return nil }
            return members[place].value
        }
        set {
            let mark = NameMark(key)
            let place = marks.mayHold(mark) ? members.place(of: key, mark) : nil
            if newValue != nil { _ = marks.insert(mark) }
            switch (place, newValue) {
            case (let index?, let value?): members[index] = Member(key: key, value: value)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (let index?, nil): members.remove(at: index)
            case (nil, nil): break
            }
        }
    }

    /// Adds a member at the end, or replaces the value if the name is there already.
    public mutating func append(_ key: String, _ value: JSONValue) { self[key] = value }

    /// The members ordered by the UTF-16 code units of their names, as RFC 8785 (section 3.2.3) wants them.
    public var membersInCanonicalOrder: [Member] {
        let count = members.count
        guard count > 1 else { return members }
        guard count <= Self.fewMembers, let order = members.shortOrder else {
            return members.sorted { $0.key.utf16Precedes($1.key) }
        }
        return order.isEmpty ? members : order.map { members[$0] }
    }

    /// Up to this number an insertion sort, which needs no memory, is the faster one.
    private static let fewMembers = 24
}

/// One of 64 marks that a name has by its length, its first and its last byte.
///
/// Names with different marks are different, which tells most of those that an object does not have, and most of the
/// members that are not the one looked for.
struct NameMark: Sendable {
    fileprivate let number: UInt8

    @inline(__always)
    init(_ name: String) {
        number = name.withBytes { bytes in
            guard let first = bytes.first, let last = bytes.last else { return 0 }
            return UInt8(truncatingIfNeeded: (Int(first) &* 3 &+ Int(last) &+ bytes.count &* 5) & 63)
        }
    }

    /// The marks of an object's names.
    struct Set: Sendable {
        private var bits: UInt64 = 0

        /// Whether a name of this mark may be there.
        @inline(__always)
        func mayHold(_ mark: NameMark) -> Bool { bits >> UInt64(mark.number) & 1 != 0 }

        /// Adds a mark; `false` if it was there before.
        @inline(__always)
        mutating func insert(_ mark: NameMark) -> Bool {
            defer { bits |= 1 << UInt64(mark.number) }
            return !mayHold(mark)
        }
    }
}

extension [JSONObject.Member] {
    /// The places of few members by their names; empty if they are in order, `nil` if a name is not ASCII at its beginning.
    ///
    /// Names are compared by their first eight bytes as one number, and as a whole only where those are the same.
    fileprivate var shortOrder: [Int]? {
        withUnsafeTemporaryAllocation(of: (start: UInt64, place: Int).self, capacity: count) { order in
            let members = span
            var (isSorted, seen) = (true, UInt64(0))
            for index in members.indices {
                let start = members[index].key.firstEightBytes
                seen |= start
                var place = index
                while place > 0, start <= order[place - 1].start {
                    let before = order[place - 1]
                    if start == before.start, !members[index].key.utf16Precedes(members[before.place].key) { break }
                    order[place] = before
                    place -= 1
                }
                order[place] = (start, index)
                isSorted = isSorted && place == index
            }
            guard seen & 0x8080_8080_8080_8080 == 0 else { return nil }
            return isSorted ? [] : order.map(\.place)
        }
    }

    /// Where a name stands; members are looked at in place, for a copy of one costs two reference counts.
    func place(of key: String, _ mark: NameMark) -> Int? {
        let members = span
        for index in members.indices
        where members[index].mark.number == mark.number && members[index].key.isSameBytes(as: key) { return index }
        return nil
    }
}

extension JSONObject: Hashable {
    /// Compares as sets of members: order does not matter.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.membersInCanonicalOrder == right.membersInCanonicalOrder
    }

    /// Feeds the members, in canonical order, into the hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(membersInCanonicalOrder) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Makes an object with the members in the order written; of repeated names the last one counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init()
        for (key, value) in elements { append(key, value) }
    }
}
