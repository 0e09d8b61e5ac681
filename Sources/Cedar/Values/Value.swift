// SPDX-License-Identifier: Apache-2.0

/// A Cedar value.
///
/// Equality is Cedar's `==`: values of different kinds are unequal, strings compare by code point, sets without order
/// or repetition, extension values by what they denote (`decimal("1.0")` equals `decimal("1.00")`).
public enum Value: Sendable {
    /// `true` or `false`.
    case bool(Bool)
    /// A 64-bit signed integer.
    case long(Int64)
    /// Any Unicode string.
    case string(String)
    /// A reference to an entity, whether it exists or not.
    case entity(EntityUID)
    /// A set of values of any kinds.
    case set(ValueSet)
    /// A record.
    case record(Record)
    /// A fixed-point number with four fractional digits.
    case decimal(DecimalValue)
    /// An IPv4 or IPv6 address with a prefix.
    case ip(IPValue)
    /// A moment, in milliseconds since the Unix epoch.
    case datetime(DatetimeValue)
    /// A span of time in milliseconds.
    case duration(DurationValue)

    /// Makes a set; repeated elements count once.
    public static func set(_ elements: [Value]) -> Value { .set(ValueSet(elements)) }

    /// Makes a record; of repeated keys the last counts.
    public static func record(_ members: [(String, Value)]) -> Value { .record(Record(members)) }
}

/// The kinds of Cedar values, for messages and type checks.
public enum ValueKind: String, Sendable, Hashable, CaseIterable {
    /// Boolean.
    case bool
    /// 64-bit integer.
    case long
    /// String.
    case string
    /// Entity reference.
    case entity
    /// Set.
    case set
    /// Record.
    case record
    /// Extension type `decimal`.
    case decimal
    /// Extension type `ipaddr`.
    case ip = "ipaddr"
    /// Extension type `datetime`.
    case datetime
    /// Extension type `duration`.
    case duration
}

extension Value {
    /// The kind of this value.
    public var kind: ValueKind {
        switch self {
        case .bool: .bool
        case .long: .long
        case .string: .string
        case .entity: .entity
        case .set: .set
        case .record: .record
        case .decimal: .decimal
        case .ip: .ip
        case .datetime: .datetime
        case .duration: .duration
        }
    }
}

extension Value {
    /// How deeply sets and records nest: 0 for what holds no other value.
    var depth: Int {
        switch self {
        case .set(let value): value.depth
        case .record(let value): value.depth
        case .bool, .long, .string, .entity, .decimal, .ip, .datetime, .duration: 0
        }
    }
}

extension Value: Hashable {
    /// Cedar's `==`.
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.bool(let a), .bool(let b)): a == b
        case (.long(let a), .long(let b)): a == b
        case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
        case (.entity(let a), .entity(let b)): a == b
        case (.set(let a), .set(let b)): a == b
        case (.record(let a), .record(let b)): a == b
        case (.decimal(let a), .decimal(let b)): a == b
        case (.ip(let a), .ip(let b)): a == b
        case (.datetime(let a), .datetime(let b)): a == b
        case (.duration(let a), .duration(let b)): a == b
        case (.bool, _), (.long, _), (.string, _), (.entity, _), (.set, _), (.record, _), (.decimal, _), (.ip, _),
            (.datetime, _), (.duration, _):
            false
        }
    }

    /// Hashes in step with `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(order)
        switch self {
        case .bool(let value): hasher.combine(value)
        case .long(let value): hasher.combine(value)
        case .string(let value): value.hashBytes(into: &hasher)
        case .entity(let value): hasher.combine(value)
        case .set(let value): hasher.combine(value)
        case .record(let value): hasher.combine(value)
        case .decimal(let value): hasher.combine(value)
        case .ip(let value): hasher.combine(value)
        case .datetime(let value): hasher.combine(value)
        case .duration(let value): hasher.combine(value)
        }
    }
}

extension Value: Comparable {
    /// The place of the kind in the total order.
    private var order: Int {
        switch self {
        case .bool: 0
        case .long: 1
        case .string: 2
        case .entity: 3
        case .set: 4
        case .record: 5
        case .decimal: 6
        case .ip: 7
        case .datetime: 8
        case .duration: 9
        }
    }

    /// A total order that serves canonical forms only; it is not Cedar's `<`.
    public static func < (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.bool(let a), .bool(let b)): !a && b
        case (.long(let a), .long(let b)): a < b
        case (.string(let a), .string(let b)): a.bytesPrecede(b)
        case (.entity(let a), .entity(let b)): a < b
        case (.set(let a), .set(let b)): a.elements.lexicographicallyPrecedes(b.elements)
        case (.record(let a), .record(let b)): a.precedes(b)
        case (.decimal(let a), .decimal(let b)): a < b
        case (.ip(let a), .ip(let b)): a.sortKey < b.sortKey
        case (.datetime(let a), .datetime(let b)): a < b
        case (.duration(let a), .duration(let b)): a < b
        case (.bool, _), (.long, _), (.string, _), (.entity, _), (.set, _), (.record, _), (.decimal, _), (.ip, _),
            (.datetime, _), (.duration, _):
            left.order < right.order
        }
    }
}

extension Value: CustomStringConvertible {
    /// The value as a Cedar expression.
    public var description: String {
        switch self {
        case .bool(let value): value ? "true" : "false"
        case .long(let value): String(value)
        case .string(let value): CedarString.quoted(value)
        case .entity(let value): value.description
        case .set(let value): "[" + value.elements.map(\.description).joined(separator: ", ") + "]"
        case .record(let value): value.description
        case .decimal(let value): "decimal(\"\(value)\")"
        case .ip(let value): "ip(\"\(value)\")"
        case .datetime(let value): "datetime(\"\(value)\")"
        case .duration(let value): "duration(\"\(value)\")"
        }
    }
}
