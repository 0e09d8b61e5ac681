// SPDX-License-Identifier: Apache-2.0

/// A value in the form that one engine computes with.
///
/// Numbers, strings, addresses and times fit every engine; entities, records and sets that hold them belong to the
/// engine that prepared them.
public struct PreparedValue: Sendable {
    let runtime: RuntimeValue
    /// The universe that the numbers inside belong to.
    let universe: UInt64

    init(_ runtime: RuntimeValue, universe: UInt64) {
        self.runtime = runtime
        self.universe = universe
    }

    /// A Boolean.
    public static func bool(_ value: Bool) -> Self { Self(.bool(value), universe: Universe.anyIdentifier) }
    /// An integer.
    public static func long(_ value: Int64) -> Self { Self(.long(value), universe: Universe.anyIdentifier) }
    /// A string.
    public static func string(_ value: String) -> Self { Self(.string(value), universe: Universe.anyIdentifier) }
    /// A decimal.
    public static func decimal(_ value: DecimalValue) -> Self {
        Self(.decimal(value.tenThousandths), universe: Universe.anyIdentifier)
    }
    /// An address.
    public static func ip(_ value: IPValue) -> Self { Self(.ip(AddressBox(value)), universe: Universe.anyIdentifier) }
    /// A moment, in milliseconds since the Unix epoch.
    public static func datetime(milliseconds: Int64) -> Self {
        Self(.datetime(milliseconds), universe: Universe.anyIdentifier)
    }
    /// A span of time in milliseconds.
    public static func duration(milliseconds: Int64) -> Self {
        Self(.duration(milliseconds), universe: Universe.anyIdentifier)
    }
    /// An entity.
    public static func entity(_ uid: PreparedUID) -> Self { Self(uid.runtime.value, universe: uid.universe) }
    /// A record.
    public static func record(_ record: PreparedRecord) -> Self {
        Self(.record(record.storage), universe: record.storage.universe)
    }
    /// A set; repeated elements count once.
    public static func set(_ elements: [PreparedValue]) -> Self {
        let universe = elements.reduce(Universe.anyIdentifier) { Universe.joined($0, $1.universe) }
        return Self(.set(SetStorage(elements.map(\.runtime))), universe: universe)
    }
}

/// An entity identity in the form that one engine computes with.
public struct PreparedUID: Sendable {
    let runtime: RuntimeUID
    let universe: UInt64
}

/// The key of a record's member, looked up once and used for many records.
public struct RecordKey: Sendable {
    /// The engine's number for the key, or -1 if no policy can name it.
    let name: Int32
    let text: ByteKey
    let universe: UInt64

    /// Whether a policy, a base entity or a key given to the engine has this name; no other can be read.
    public var isKnown: Bool { name >= 0 }
}

/// A record in the form that one engine computes with.
public struct PreparedRecord: Sendable {
    let storage: RecordStorage

    init(storage: RecordStorage) { self.storage = storage }

    /// The empty record.
    public init() { self.init(storage: .empty) }

    /// Makes a record; of repeated keys the last counts.
    public init(_ members: [(RecordKey, PreparedValue)]) {
        self.init(storage: members.isEmpty ? .empty : RecordStorage(members))
    }
}

extension Universe {
    /// The universe of something made of two parts.
    @inline(__always)
    static func joined(_ left: UInt64, _ right: UInt64) -> UInt64 {
        if left == right || right == anyIdentifier { return left }
        return left == anyIdentifier ? right : mixedIdentifier
    }
}
