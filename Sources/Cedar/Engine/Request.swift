// SPDX-License-Identifier: Apache-2.0

/// A question: may the principal do the action on the resource in this context.
public struct Request: Sendable, Hashable {
    /// Who asks.
    public var principal: EntityUID
    /// What is to be done.
    public var action: EntityUID
    /// On what.
    public var resource: EntityUID
    /// Everything else that policies may read as `context`.
    public var context: Record

    /// Makes a request.
    public init(principal: EntityUID, action: EntityUID, resource: EntityUID, context: Record = Record()) {
        self.principal = principal
        self.action = action
        self.resource = resource
        self.context = context
    }
}
