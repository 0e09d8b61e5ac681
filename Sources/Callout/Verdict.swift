// SPDX-License-Identifier: Apache-2.0

public import StrictJSON

/// The answer to a ``CalloutRequest``.
///
/// There is no way to make one that allows but ``init(allowing:)``, and the engine calls that in one place.
public final class Verdict: Sendable {
    /// What the gateway is to do.
    public enum Outcome: String, Sendable, Hashable {
        /// Let the request pass.
        case allow
        /// Refuse it.
        case deny
        /// Refuse it, because the service could not decide.
        case error
    }

    /// What the gateway is to do.
    public let outcome: Outcome
    /// The HTTP status for the caller: 200 to allow, else 400 to 599.
    public let status: Int
    /// The stable reason.
    public let reason: ReasonCode
    /// One sentence for the caller.
    public let message: String
    /// The value of `www-authenticate`, where OAuth wants one (RFC 6750, section 3).
    public let challenge: String?
    /// The value of `DPoP-Nonce` for the caller, with an allow as with a refusal (RFC 9449, sections 8 and 9).
    public let proofNonce: String?
    /// The id of the decision and of its audit record (UUIDv7).
    public let decisionID: String
    /// Who is calling, if that was proven.
    public let principal: Principal?
    /// The ids of the policies that determined the answer.
    public let policies: [String]
    /// Attributes for the gateway, each a flat name with a scalar value.
    public let attributes: JSONObject
    /// Header fields to set on the request to the upstream; no name twice.
    public let setHeaders: [HeaderField]
    /// For how long the gateway may reuse the answer, in seconds; 0 means not at all.
    public let ttl: Int
    /// Whether a refusal is told as a fault of the gateway rather than by variables.
    public let prefersFault: Bool

    /// What an allowing answer carries.
    public struct Grant: Sendable {
        /// The id of the decision.
        public var decisionID: String
        /// Who is calling.
        public var principal: Principal
        /// The policies that permit it; never empty.
        public var policies: [String]
        /// Attributes for the gateway.
        public var attributes: JSONObject
        /// Header fields for the upstream.
        public var setHeaders: [HeaderField]
        /// The value of `DPoP-Nonce` for the caller, if it is to have one.
        public var proofNonce: String?

        /// Makes the content of an allowing answer.
        public init(
            decisionID: String,
            principal: Principal,
            policies: [String],
            attributes: JSONObject,
            setHeaders: [HeaderField],
            proofNonce: String? = nil
        ) {
            self.decisionID = decisionID
            self.principal = principal
            self.policies = policies
            self.attributes = attributes
            self.setHeaders = setHeaders
            self.proofNonce = proofNonce
        }
    }

    /// Makes an answer that allows.
    public init(allowing grant: Grant) {
        outcome = .allow
        reason = .allowed
        status = ReasonCode.allowed.status
        message = ReasonCode.allowed.message
        challenge = nil
        proofNonce = grant.proofNonce
        decisionID = grant.decisionID
        principal = grant.principal
        policies = grant.policies
        attributes = grant.attributes
        setHeaders = grant.setHeaders
        ttl = 0
        prefersFault = false
    }

    /// Makes an answer that refuses.
    ///
    /// - Parameters:
    ///   - fault: What the caller may learn. A fault whose code says "allowed" refuses all the same.
    ///   - decisionID: The id of the decision.
    ///   - principal: Who is calling, if known.
    ///   - policies: The policies that forbid.
    ///   - challenge: The value of `www-authenticate`.
    ///   - proofNonce: The value of `DPoP-Nonce`.
    ///   - setHeaders: Header fields that overwrite what a client may have forged.
    ///   - prefersFault: Whether the route wants refusals as faults.
    public init(
        refusing fault: Fault,
        decisionID: String,
        principal: Principal? = nil,
        policies: [String] = [],
        challenge: String? = nil,
        proofNonce: String? = nil,
        setHeaders: [HeaderField] = [],
        prefersFault: Bool = false
    ) {
        outcome = fault.code.isServiceFailure ? .error : .deny
        reason = fault.code
        status = (400...599).contains(fault.status) ? fault.status : 403
        message = fault.message
        self.challenge = challenge
        self.proofNonce = proofNonce
        self.decisionID = decisionID
        self.principal = principal
        self.policies = policies
        attributes = JSONObject()
        self.setHeaders = setHeaders
        ttl = 0
        self.prefersFault = prefersFault || fault.code.isServiceFailure
    }
}
