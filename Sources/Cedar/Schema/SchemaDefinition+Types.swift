// SPDX-License-Identifier: Apache-2.0

extension SchemaDefinition {
    /// A type as written.
    public indirect enum TypeExpression: Sendable, Hashable {
        /// 64-bit integers.
        case long
        /// Strings.
        case string
        /// Booleans.
        case bool
        /// An extension type.
        case `extension`(ExtensionType)
        /// Sets of one element type.
        case set(TypeExpression)
        /// Records with exactly these attributes.
        case record([Attribute])
        /// Entities of a type; never a common type.
        case entity(Reference)
        /// A common type; never an entity type.
        case common(Reference)
        /// A common type if there is one of the name, else an entity type.
        case named(Reference)
    }

    /// The types whose values are made by extension functions.
    public enum ExtensionType: String, Sendable, Hashable, CaseIterable {
        /// Fixed-point numbers.
        case decimal
        /// IP addresses and ranges.
        case ip = "ipaddr"
        /// Moments.
        case datetime
        /// Spans of time.
        case duration
    }

    /// An attribute of a record or an entity type.
    public struct Attribute: Sendable, Hashable {
        /// The name, any string.
        public var name: String
        /// The type.
        public var type: TypeExpression
        /// Whether it is always there.
        public var isRequired: Bool
        /// The annotations.
        public var annotations: Annotations

        /// Declares an attribute.
        public init(
            _ name: String, _ type: TypeExpression, isRequired: Bool = true, annotations: Annotations = Annotations()
        ) {
            self.name = name
            self.type = type
            self.isRequired = isRequired
            self.annotations = annotations
        }

        /// Compares the name by UTF-8 bytes.
        public static func == (left: Self, right: Self) -> Bool {
            left.name.hasSameBytes(as: right.name) && left.type == right.type && left.isRequired == right.isRequired
                && left.annotations == right.annotations
        }

        /// Hashes in step with `==`.
        public func hash(into hasher: inout Hasher) {
            name.hashBytes(into: &hasher)
            hasher.combine(type)
            hasher.combine(isRequired)
        }
    }

    /// A name that stands for a declaration elsewhere, such as `User` or `Acme::User`.
    public struct Reference: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
        /// Identifiers joined by `::`.
        public var path: String
        var origin: SchemaOrigin

        /// Refers to a name.
        public init(_ path: String) { self.init(path, origin: SchemaOrigin()) }
        /// Refers to a name.
        public init(stringLiteral value: String) { self.init(value) }

        init(_ path: String, origin: SchemaOrigin) {
            self.path = path
            self.origin = origin
        }

        /// The name.
        public var description: String { path }
    }

    /// A group that an action is in.
    public struct ActionReference: Sendable, Hashable, ExpressibleByStringLiteral {
        /// The action type; `nil` for `Action`, in the own namespace or else in the empty one.
        public var type: String?
        /// The id.
        public var id: String
        var origin = SchemaOrigin()

        /// Refers to an action.
        public init(_ id: String, type: String? = nil) {
            self.type = type
            self.id = id
        }

        /// Refers to an action of the own namespace or the empty one.
        public init(stringLiteral value: String) { self.init(value) }

        /// Compares the id by UTF-8 bytes.
        public static func == (left: Self, right: Self) -> Bool {
            left.type == right.type && left.id.hasSameBytes(as: right.id)
        }

        /// Hashes in step with `==`.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(type)
            id.hashBytes(into: &hasher)
        }
    }
}

/// Where a part of a schema was written; takes no part in equality.
struct SchemaOrigin: Sendable, Hashable {
    enum Place: Sendable {
        /// Made by hand.
        case none
        case text(SourceLocation)
    }

    var place: Place

    init(_ place: Place = .none) { self.place = place }

    static func == (left: Self, right: Self) -> Bool { true }
    func hash(into hasher: inout Hasher) {}
}
