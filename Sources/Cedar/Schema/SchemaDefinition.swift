// SPDX-License-Identifier: Apache-2.0

/// What a schema says, as written: namespaces with common types, entity types and actions.
///
/// Both schema formats are read into this form, and it can be built by hand:
///
/// ```swift
/// var api = SchemaDefinition.Namespace(name: "Api")
/// api.entityTypes = [
///     .init("Team"),
///     .init("User", memberOf: ["Team"], attributes: [.init("level", .long), .init("mail", .string, isRequired: false)]),
///     .init("Order"),
/// ]
/// api.actions = [.init("read", appliesTo: .init(principals: ["User"], resources: ["Order"]))]
/// let schema = try Schema(SchemaDefinition([api]))
/// ```
///
/// Names are references until ``Schema/init(_:limits:)`` resolves them: one with `::` is absolute, a bare one is looked
/// for in its own namespace first, then in the empty namespace. Where something was written plays no part in equality.
public struct SchemaDefinition: Sendable, Hashable {
    /// The namespaces; names differ.
    public var namespaces: [Namespace]

    /// Makes a definition.
    public init(_ namespaces: [Namespace] = []) { self.namespaces = namespaces }

    /// The declarations of one namespace.
    public struct Namespace: Sendable, Hashable {
        /// The name, such as `Acme::Orders`; empty for the empty namespace.
        public var name: String
        /// The annotations; the empty namespace has none.
        public var annotations: Annotations
        /// Named types that stand for what they say wherever they are used.
        public var commonTypes: [CommonType] = []
        /// The entity types.
        public var entityTypes: [EntityType] = []
        /// The actions.
        public var actions: [Action] = []
        var origin = SchemaOrigin()

        /// Makes a namespace without declarations.
        public init(name: String, annotations: Annotations = Annotations()) {
            self.name = name
            self.annotations = annotations
        }
    }

    /// A name for a type.
    public struct CommonType: Sendable, Hashable {
        /// The name, an identifier.
        public var name: String
        /// What it stands for.
        public var type: TypeExpression
        /// The annotations.
        public var annotations: Annotations
        var origin = SchemaOrigin()

        /// Names a type.
        public init(_ name: String, _ type: TypeExpression, annotations: Annotations = Annotations()) {
            self.name = name
            self.type = type
            self.annotations = annotations
        }
    }

    /// A type of entities.
    public struct EntityType: Sendable, Hashable {
        /// The name, an identifier.
        public var name: String
        /// What entities of the type may have.
        public var content: Content
        /// The annotations.
        public var annotations: Annotations
        var origin = SchemaOrigin()

        /// The two sorts of entity types.
        public enum Content: Sendable, Hashable {
            /// Entities with parents, attributes and tags: the types a parent may have, a record type for the attributes
            /// (`nil`: none), the type of every tag (`nil`: no tags).
            case standard(memberOf: [Reference], shape: TypeExpression?, tags: TypeExpression?)
            /// Exactly the entities of these ids, with nothing but their identity.
            case enumerated([String])
        }

        /// Declares an entity type.
        public init(_ name: String, _ content: Content, annotations: Annotations = Annotations()) {
            self.name = name
            self.content = content
            self.annotations = annotations
        }

        /// Declares an entity type by its attributes.
        public init(
            _ name: String, memberOf: [Reference] = [], attributes: [Attribute] = [], tags: TypeExpression? = nil,
            annotations: Annotations = Annotations()
        ) {
            let shape = attributes.isEmpty ? nil : TypeExpression.record(attributes)
            self.init(name, .standard(memberOf: memberOf, shape: shape, tags: tags), annotations: annotations)
        }
    }

    /// An action or a group of actions.
    public struct Action: Sendable, Hashable {
        /// The id, any string.
        public var name: String
        /// The groups it is in.
        public var memberOf: [ActionReference]
        /// To what it applies; `nil` for a mere group.
        public var appliesTo: AppliesTo?
        /// The annotations.
        public var annotations: Annotations
        var origin = SchemaOrigin()

        /// Declares an action.
        public init(
            _ name: String, memberOf: [ActionReference] = [], appliesTo: AppliesTo? = nil,
            annotations: Annotations = Annotations()
        ) {
            self.name = name
            self.memberOf = memberOf
            self.appliesTo = appliesTo
            self.annotations = annotations
        }
    }

    /// The requests that may ask for an action.
    public struct AppliesTo: Sendable, Hashable {
        /// The types a principal may have.
        public var principals: [Reference]
        /// The types a resource may have.
        public var resources: [Reference]
        /// The record type of the context; `nil` for the empty record.
        public var context: TypeExpression?

        /// Names types and context.
        public init(principals: [Reference], resources: [Reference], context: TypeExpression? = nil) {
            self.principals = principals
            self.resources = resources
            self.context = context
        }
    }
}
