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

        /// Makes a member.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
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
    private var marks: NameMarks

    /// Makes an empty object.
    public init() { (members, marks) = ([], NameMarks()) }

    /// Makes an object from members whose names the parser has found to be distinct.
    init(distinct members: [Member], marks: NameMarks) { (self.members, self.marks) = (members, marks) }

    /// The number of members.
    public var count: Int { members.count }

    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of a name; setting replaces it in place, adds it at the end, or removes it with `nil`.
    public subscript(key: String) -> JSONValue? {
        get { members.place(of: key, among: marks).map { members[$0].value } }
        set {
            let place = members.place(of: key, among: marks)
            if newValue != nil { _ = marks.insert(key) }
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
        guard count <= Self.fewMembers else { return members.sorted { $0.key.utf16Precedes($1.key) } }
        return withUnsafeTemporaryAllocation(of: Int.self, capacity: count) { order in
            // Names are compared in place, and each member is copied once: most objects are in order, or nearly.
            let members = members.span
            var isSorted = true
            for index in 0..<count {
                var place = index
                while place > 0, members[index].key.utf16Precedes(members[order[place - 1]].key) {
                    order[place] = order[place - 1]
                    place -= 1
                }
                order[place] = index
                isSorted = isSorted && place == index
            }
            return isSorted ? self.members : order.map { self.members[$0] }
        }
    }

    /// Up to this number an insertion sort, which needs no memory, is the faster one.
    private static let fewMembers = 24
}

/// Which names an object may have: one of 64 bits for each, so that most of those that are missing are told at once.
struct NameMarks: Sendable {
    private var bits: UInt64 = 0

    /// Whether a name may be there.
    @inline(__always)
    func mayHold(_ name: UnsafeRawBufferPointer) -> Bool { bits & Self.bit(of: name) != 0 }

    /// Adds a name; `false` if it may have been there before.
    mutating func insert(_ name: String) -> Bool {
        let bit = name.withBytes { Self.bit(of: $0) }
        defer { bits |= bit }
        return bits & bit == 0
    }

    @inline(__always)
    private static func bit(of name: UnsafeRawBufferPointer) -> UInt64 {
        guard let first = name.first, let last = name.last else { return 1 }
        return 1 << UInt64((Int(first) &* 3 &+ Int(last) &+ name.count &* 5) & 63)
    }
}

extension [JSONObject.Member] {
    /// Where a name stands; members are looked at in place, for a copy of one costs two reference counts.
    func place(of key: String, among marks: NameMarks) -> Int? {
        let members = span
        return key.withBytes { wanted in
            guard marks.mayHold(wanted) else { return nil }
            for index in members.indices where members[index].key.consists(of: wanted) { return index }
            return nil
        }
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
