// SPDX-License-Identifier: Apache-2.0

/// Entities that a caller brings beside the engine's own, closed and interned; worth keeping with a verified token.
///
/// They lie above the base entities: one with a base entity's identity replaces it for the request. Their ancestors
/// follow the parents inside this group, then the base entities. Base entities' ancestors never change, and groups
/// prepared apart do not see one another's parents.
public final class PreparedEntities: Sendable {
    let members: [EntityData]
    /// The same entities as plain values.
    let nodes: [EntityStore.Node]
    let universe: UInt64

    init(members: [EntityData], nodes: [EntityStore.Node], universe: UInt64) {
        self.members = members
        self.nodes = nodes
        self.universe = universe
    }
}

/// A request in the form that one engine computes with.
public struct PreparedRequest: Sendable {
    /// Who asks.
    public var principal: PreparedUID
    /// What is to be done.
    public var action: PreparedUID
    /// On what.
    public var resource: PreparedUID
    /// What policies read as `context`.
    public var context: PreparedRecord

    /// Makes a request of prepared parts.
    public init(principal: PreparedUID, action: PreparedUID, resource: PreparedUID, context: PreparedRecord) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.context = context
    }
}

/// Why prepared parts cannot be used.
public enum PreparationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A part was prepared by another engine, for instance before a reload; prepare it again.
    case anotherEngine

    /// What was wrong.
    public var description: String { "a part of the request was prepared by another policy engine; prepare it again" }
}
