// SPDX-License-Identifier: Apache-2.0

/// The identity of an entity: a type name and an id, such as `User::"alice"`.
///
/// The id is any string, the empty one included. Two identities are the same when type and id have the same UTF-8
/// bytes; ids are never normalized.
public struct EntityUID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The entity's type.
    public let type: EntityTypeName
    /// The id within the type.
    public let id: String

    /// Names an entity.
    public init(type: EntityTypeName, id: String) {
        self.type = type
        self.id = id
    }

    /// Names an entity by its type's text; `nil` if that is not a normalized type name.
    public init?(_ type: String, _ id: String) {
        guard let type = EntityTypeName(type) else { return nil }
        self.init(type: type, id: id)
    }

    /// The identity as Cedar writes it, the id escaped: `User::"a\"b"`.
    public var description: String { "\(type.text)::\(CedarString.quoted(id))" }

    /// Compares UTF-8 bytes.
    public static func == (left: Self, right: Self) -> Bool {
        left.id.hasSameBytes(as: right.id) && left.type == right.type
    }

    /// Orders by type, then id, both by UTF-8 bytes.
    public static func < (left: Self, right: Self) -> Bool {
        if left.type != right.type { return left.type < right.type }
        return left.id.bytesPrecede(right.id)
    }

    /// Hashes UTF-8 bytes.
    public func hash(into hasher: inout Hasher) {
        type.hash(into: &hasher)
        id.hashBytes(into: &hasher)
    }
}
