// SPDX-License-Identifier: Apache-2.0

/// Whether a satisfied policy permits or forbids.
public enum Effect: String, Sendable, Hashable {
    /// The request is allowed unless a forbid is satisfied too.
    case permit
    /// The request is denied.
    case forbid
}

/// A static policy, a template, or a linked policy.
public struct Policy: Sendable, Identifiable {
    /// The id within its set.
    public let id: PolicyID
    /// What the policy does when it is satisfied.
    public var effect: Effect { body.effect }
    /// The annotations; a linked policy has those of its template.
    public var annotations: Annotations { body.annotations }
    /// Where the text of the policy begins; a linked policy points at its template.
    public var location: SourceLocation { body.location }
    /// The slots that are still open: none for a static or linked policy.
    public var slots: [Slot] {
        (scope.principal.hasSlot ? [Slot.principal] : []) + (scope.resource.hasSlot ? [Slot.resource] : [])
    }

    /// The scope with slots filled.
    let scope: Scope
    let body: PolicyBody

    init(id: PolicyID, body: PolicyBody, scope: Scope? = nil) {
        self.id = id
        self.body = body
        self.scope = scope ?? body.scope
    }
}

/// What a policy's text says, apart from its id.
struct PolicyBody: Sendable {
    let effect: Effect
    let annotations: Annotations
    let scope: Scope
    let conditions: [Condition]
    let location: SourceLocation
    /// Where a byte offset of an expression lies.
    let lines: LineTable

    /// A `when` or `unless` clause.
    struct Condition: Sendable, Hashable {
        let kind: Kind
        let body: Expression

        enum Kind: String, Sendable, Hashable { case when, unless }
    }

    /// Whether both say the same, positions apart.
    func hasSameMeaning(as other: PolicyBody) -> Bool {
        guard effect == other.effect, annotations == other.annotations, scope == other.scope else { return false }
        let depth = conditions.reduce(0) { max($0, Int($1.body.depth)) }
        return DeepStack.run(depth: depth) { conditions == other.conditions } ?? false
    }
}
