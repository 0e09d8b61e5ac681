// SPDX-License-Identifier: Apache-2.0
public import Callout
private import Glibc
public import StrictJSON

/// A token that was verified: signature, issuer, audience, times and form.
public final class VerifiedToken: Sendable {
    /// Who is calling, in the form that all schemes share.
    public let caller: AuthenticatedCaller
    /// All claims of the token.
    public let claims: JSONObject
    /// What the audit record says about the token.
    public let facts: TokenFacts
    /// When the token is valid; checked again with every use.
    public let lifetime: TokenLifetime
    /// The provider that vouches.
    public let provider: TokenProvider
    /// The signature as it stands in the token.
    let signature: [UInt8]
    let key: VerificationKey
    let keyRevision: UInt64

    /// Who is calling.
    public var principal: Principal { caller.principal }
    /// The hash of what is signed, for cache keys.
    public var digest: TokenDigest { caller.digest }

    init(
        principal: Principal, client: String?, claims: JSONObject, facts: TokenFacts, lifetime: TokenLifetime,
        digest: TokenDigest,
        signature: [UInt8], provider: TokenProvider, key: VerificationKey, keyRevision: UInt64, binding: TokenBinding
    ) {
        var evidence = CallerEvidence(.jwt, fingerprint: facts.fingerprint)
        evidence.issuer = facts.issuer
        evidence.algorithm = facts.algorithm.rawValue
        evidence.keyID = facts.keyID
        evidence.audiences = facts.audiences
        evidence.expiresAt = facts.expiresAt
        evidence.authenticationContext = facts.authenticationContext
        evidence.authenticationMethods = facts.authenticationMethods
        caller = AuthenticatedCaller(
            principal: principal, evidence: evidence,
            marks: RevocationMarks(issuer: facts.issuer, claims: claims, client: client), digest: digest,
            binding: binding)
        self.claims = claims
        self.facts = facts
        self.lifetime = lifetime
        self.signature = signature
        self.provider = provider
        self.key = key
        self.keyRevision = keyRevision
    }
}

extension VerifiedToken {
    /// Whether this is the signature that was verified, as it stands in the token.
    func isSigned(_ text: UnsafeRawBufferPointer) -> Bool {
        signature.withUnsafeBytes { held in
            guard held.count == text.count, let mine = held.baseAddress, let its = text.baseAddress else {
                return false
            }
            return memcmp(mine, its, text.count) == 0
        }
    }
}

/// What an audit record says about a verified token (AUDIT, section 4, `who`).
public struct TokenFacts: Sendable, Hashable {
    /// `iss`.
    public let issuer: String
    /// The algorithm of the signature.
    public let algorithm: SignatureAlgorithm
    /// `kid`, if the token names its key.
    public let keyID: String?
    /// `aud`, always as a list.
    public let audiences: [String]
    /// `exp`, in seconds since the Unix epoch.
    public let expiresAt: Int64
    /// `acr`, if it is a string.
    public let authenticationContext: String?
    /// `amr`, as far as it holds strings.
    public let authenticationMethods: [String]
    /// The 22 characters of ``CredentialFingerprint``.
    public let fingerprint: String
}
