// SPDX-License-Identifier: Apache-2.0

/// The outcome for one request.
public enum Decision: String, Sendable, Hashable {
    /// At least one permit is satisfied and no forbid.
    case allow
    /// Everything else.
    case deny
}

/// The decision and what led to it.
public struct Response: Sendable, Hashable {
    /// The outcome.
    public let decision: Decision
    /// The satisfied forbids of a deny, or the satisfied permits of an allow, in the set's order; empty when nothing
    /// was satisfied.
    public let determining: [PolicyID]
    /// Every policy whose evaluation failed, in the set's order; such a policy counts as not satisfied.
    public let errors: [PolicyFailure]
}

/// A policy that could not be evaluated for a request.
public struct PolicyFailure: Sendable, Hashable, CustomStringConvertible {
    /// The policy.
    public let policy: PolicyID
    /// Whether the policy would have permitted or forbidden.
    public let effect: Effect
    /// What went wrong.
    public let error: EvaluationError

    /// Policy and reason.
    public var description: String { "policy `\(policy)`: \(error)" }
}
