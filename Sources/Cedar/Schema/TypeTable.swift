// SPDX-License-Identifier: Apache-2.0

/// A type, by its place in a ``TypeTable``; equal types have equal places.
struct TypeID: Sendable, Hashable {
    let index: Int32

    static let never = TypeID(index: 0)
    /// The type of what is always `true`.
    static let yes = TypeID(index: 1)
    /// The type of what is always `false`.
    static let no = TypeID(index: 2)
    static let bool = TypeID(index: 3)
    static let long = TypeID(index: 4)
    static let string = TypeID(index: 5)
    static let decimal = TypeID(index: 6)
    static let ip = TypeID(index: 7)
    static let datetime = TypeID(index: 8)
    static let duration = TypeID(index: 9)
    static let emptyRecord = TypeID(index: 10)

    var isBoolean: Bool { self == .bool || self == .yes || self == .no }
}

/// A declared entity type, or the type of a namespace's actions.
struct EntityTypeID: Sendable, Hashable {
    let index: Int32
}

/// An interned string.
struct NameID: Sendable, Hashable, Comparable {
    let index: Int32
    static func < (left: NameID, right: NameID) -> Bool { left.index < right.index }
}

/// An attribute of a record type.
struct TypeField: Sendable, Hashable {
    let name: NameID
    let type: TypeID
    let isRequired: Bool
}

enum TypeShape: Sendable, Hashable {
    case never, yes, no, bool, long, string, decimal, ip, datetime, duration
    case entity(EntityTypeID)
    case set(TypeID)
    /// Ordered by name.
    case record([TypeField])
}

/// All types of a schema, each once: comparing types is comparing numbers, and a common type that is used a thousand
/// times is stored once.
struct TypeTable: Sendable {
    private(set) var shapes: [TypeShape] = []
    private var depths: [Int] = []
    private var places: [TypeShape: TypeID] = [:]
    var names = NameTable()

    init() {
        let fixed: [TypeShape] = [
            .never, .yes, .no, .bool, .long, .string, .decimal, .ip, .datetime, .duration, .record([]),
        ]
        for shape in fixed { _ = intern(shape) }
    }

    subscript(_ id: TypeID) -> TypeShape { shapes[Int(id.index)] }

    /// How many types nest in one: 1 for a leaf.
    func depth(of id: TypeID) -> Int { depths[Int(id.index)] }

    mutating func intern(_ shape: TypeShape) -> TypeID {
        if let known = places[shape] { return known }
        let id = TypeID(index: Int32(shapes.count))
        let inner: Int =
            switch shape {
            case .never, .yes, .no, .bool, .long, .string, .decimal, .ip, .datetime, .duration, .entity: 0
            case .set(let element): depth(of: element)
            case .record(let fields): fields.reduce(0) { max($0, depth(of: $1.type)) }
            }
        shapes.append(shape)
        depths.append(inner + 1)
        places[shape] = id
        return id
    }

    mutating func record(_ fields: [TypeField]) -> TypeID { intern(.record(fields.sorted { $0.name < $1.name })) }

    func fields(of id: TypeID) -> [TypeField]? {
        guard case .record(let fields) = self[id] else { return nil }
        return fields
    }

    func field(_ name: NameID, of id: TypeID) -> TypeField? {
        guard case .record(let fields) = self[id] else { return nil }
        return Self.field(name, in: fields)
    }

    /// Finds an attribute among those of a record type, which are ordered by name.
    static func field(_ name: NameID, in fields: [TypeField]) -> TypeField? {
        var (low, high) = (0, fields.count)
        while low < high {
            let middle = low + (high - low) / 2
            if fields[middle].name == name { return fields[middle] }
            if fields[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// The smallest type that holds the values of both; `nil` if the strict rules know none.
    mutating func leastUpperBound(_ left: TypeID, _ right: TypeID) -> TypeID? {
        if left == right || right == .never { return left }
        if left == .never { return right }
        if left.isBoolean, right.isBoolean { return .bool }
        switch (self[left], self[right]) {
        case (.set(let a), .set(let b)):
            guard let element = leastUpperBound(a, b) else { return nil }
            return intern(.set(element))
        case (.record(let a), .record(let b)):
            guard a.count == b.count else { return nil }
            var fields: [TypeField] = []
            fields.reserveCapacity(a.count)
            for (mine, theirs) in zip(a, b) {
                guard mine.name == theirs.name, mine.isRequired == theirs.isRequired,
                    let type = leastUpperBound(mine.type, theirs.type)
                else { return nil }
                fields.append(TypeField(name: mine.name, type: type, isRequired: mine.isRequired))
            }
            return intern(.record(fields))
        case (.never, _), (.yes, _), (.no, _), (.bool, _), (.long, _), (.string, _), (.decimal, _), (.ip, _),
            (.datetime, _), (.duration, _), (.entity, _), (.set, _), (.record, _):
            return nil
        }
    }
}

/// Strings by number.
struct NameTable: Sendable {
    private(set) var texts: [String] = []
    private var places: [ByteKey: NameID] = [:]

    subscript(_ id: NameID) -> String { texts[Int(id.index)] }

    func id(of text: String) -> NameID? { places[ByteKey(text)] }

    mutating func intern(_ text: ByteKey) -> NameID {
        if let known = places[text] { return known }
        let id = NameID(index: Int32(texts.count))
        texts.append(text.text)
        places[text] = id
        return id
    }
}
