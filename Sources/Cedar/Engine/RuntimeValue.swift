// SPDX-License-Identifier: Apache-2.0

/// A value as the compiled engine computes with it: names and known entities are numbers of one ``Universe``.
///
/// Invariant: `.foreign` never holds an identity that the universe knows, so that `.entity` and `.foreign` differ.
enum RuntimeValue: Sendable {
    case bool(Bool)
    case long(Int64)
    case string(String)
    /// An identity known to the universe.
    case entity(Int32)
    /// Any other identity.
    case foreign(ForeignUID)
    case set(SetStorage)
    case record(RecordStorage)
    case decimal(Int64)
    case datetime(Int64)
    case duration(Int64)
    case ip(AddressBox)
}

/// An entity identity that neither a policy nor a base entity mentions.
final class ForeignUID: Sendable {
    let uid: EntityUID
    /// The number of the type; -1 if the universe does not know it.
    let type: Int32
    let hash: UInt64

    init(uid: EntityUID, type: Int32) {
        self.uid = uid
        self.type = type
        hash = ByteHash.hash(uid.id, seed: ByteHash.hash(uid.type.text, seed: ByteHash.secret))
    }

    @inline(__always)
    func isSame(as other: ForeignUID) -> Bool {
        self === other || (hash == other.hash && uid == other.uid)
    }
}

/// An address, boxed to keep ``RuntimeValue`` small.
final class AddressBox: Sendable {
    let value: IPValue
    init(_ value: IPValue) { self.value = value }
}

extension RuntimeValue {
    var kind: ValueKind {
        switch self {
        case .bool: .bool
        case .long: .long
        case .string: .string
        case .entity, .foreign: .entity
        case .set: .set
        case .record: .record
        case .decimal: .decimal
        case .datetime: .datetime
        case .duration: .duration
        case .ip: .ip
        }
    }

    /// The identity that this value is, for values that were found to be entities.
    @inline(__always)
    var identity: RuntimeUID? {
        switch self {
        case .entity(let number): .known(number)
        case .foreign(let uid): .foreign(uid)
        case .bool, .long, .string, .set, .record, .decimal, .datetime, .duration, .ip: nil
        }
    }

    /// How deeply sets and records nest: 0 for what holds no other value.
    @inline(__always)
    var depth: Int32 {
        switch self {
        case .set(let value): value.depth
        case .record(let value): value.depth
        case .bool, .long, .string, .entity, .foreign, .decimal, .datetime, .duration, .ip: 0
        }
    }

    /// Cedar's `==`.
    func isEqual(to other: RuntimeValue) -> Bool {
        switch (self, other) {
        case (.bool(let a), .bool(let b)): a == b
        case (.long(let a), .long(let b)): a == b
        case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
        case (.entity(let a), .entity(let b)): a == b
        case (.foreign(let a), .foreign(let b)): a.isSame(as: b)
        case (.set(let a), .set(let b)): a.isEqual(to: b)
        case (.record(let a), .record(let b)): a.isEqual(to: b)
        case (.decimal(let a), .decimal(let b)): a == b
        case (.datetime(let a), .datetime(let b)): a == b
        case (.duration(let a), .duration(let b)): a == b
        case (.ip(let a), .ip(let b)): a.value == b.value
        case (.bool, _), (.long, _), (.string, _), (.entity, _), (.foreign, _), (.set, _), (.record, _),
            (.decimal, _), (.datetime, _), (.duration, _), (.ip, _):
            false
        }
    }

    /// A hash in step with `isEqual`; differs from process to process.
    var hash: UInt64 {
        let seed = ByteHash.secret
        return switch self {
        case .bool(let value): ByteHash.combine(seed ^ 1, value ? 1 : 0)
        case .long(let value): ByteHash.combine(seed ^ 2, UInt64(bitPattern: value))
        case .string(let value): ByteHash.hash(value, seed: seed ^ 3)
        case .entity(let value): ByteHash.combine(seed ^ 4, UInt64(UInt32(bitPattern: value)))
        case .foreign(let value): value.hash
        case .set(let value): ByteHash.combine(seed ^ 10, value.hash)
        case .record(let value): value.hash
        case .decimal(let value): ByteHash.combine(seed ^ 5, UInt64(bitPattern: value))
        case .datetime(let value): ByteHash.combine(seed ^ 6, UInt64(bitPattern: value))
        case .duration(let value): ByteHash.combine(seed ^ 7, UInt64(bitPattern: value))
        case .ip(let box):
            ByteHash.combine(
                ByteHash.combine(seed ^ box.value.high, box.value.low),
                UInt64(truncatingIfNeeded: box.value.prefix) << 1 | (box.value.isIPv6 ? 1 : 0))
        }
    }
}
