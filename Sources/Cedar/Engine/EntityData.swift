// SPDX-License-Identifier: Apache-2.0

/// An entity at run time.
final class EntityData: Sendable {
    let uid: RuntimeUID
    /// The number of the identity; -1 if the universe does not know it.
    let number: Int32
    let type: Int32
    let attributes: RecordStorage
    let tags: RecordStorage
    /// Ancestors known to the universe.
    let ancestors: AncestorList
    let foreignAncestors: [ForeignUID]

    init(
        uid: RuntimeUID, type: Int32, attributes: RecordStorage, tags: RecordStorage,
        ancestors: AncestorList, foreignAncestors: [ForeignUID]
    ) {
        self.uid = uid
        if case .known(let number) = uid { self.number = number } else { number = -1 }
        self.type = type
        self.attributes = attributes
        self.tags = tags
        self.ancestors = ancestors
        self.foreignAncestors = foreignAncestors
    }

    /// Whether the entity lies below another.
    @inline(__always)
    func descends(from other: RuntimeUID) -> Bool {
        switch other {
        case .known(let number): descends(from: number)
        case .foreign(let uid): foreignAncestors.contains { $0.isSame(as: uid) }
        }
    }

    @inline(__always)
    func descends(from number: Int32) -> Bool { ancestors.contains(number) }
}

/// An entity identity at run time.
enum RuntimeUID: Sendable {
    case known(Int32)
    case foreign(ForeignUID)

    @inline(__always)
    func isSame(as other: RuntimeUID) -> Bool {
        switch (self, other) {
        case (.known(let a), .known(let b)): a == b
        case (.foreign(let a), .foreign(let b)): a.isSame(as: b)
        case (.known, .foreign), (.foreign, .known): false
        }
    }

    /// A hash in step with `isSame`.
    var hash: UInt64 {
        switch self {
        case .known(let number): ByteHash.combine(ByteHash.secret, UInt64(UInt32(bitPattern: number)))
        case .foreign(let uid): uid.hash
        }
    }

    var value: RuntimeValue {
        switch self {
        case .known(let number): .entity(number)
        case .foreign(let uid): .foreign(uid)
        }
    }
}
