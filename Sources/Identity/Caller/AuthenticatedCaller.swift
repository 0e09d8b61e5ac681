// SPDX-License-Identifier: Apache-2.0
public import Callout
import StrictJSON

/// A caller whose credential was verified, by whichever scheme.
///
/// Made once per verified credential and shared by all its uses; two credentials never share one.
public final class AuthenticatedCaller: Sendable {
    /// Who is calling; its attributes are those that policies see.
    public let principal: Principal
    /// What the audit record says about the credential.
    public let evidence: CallerEvidence
    /// What a revocation may name.
    public let marks: RevocationMarks
    /// The hash of the credential, of a JWT without its signature, for cache keys.
    public let digest: TokenDigest
    /// What the credential is bound to.
    public let binding: TokenBinding

    /// Makes a caller.
    public init(
        principal: Principal, evidence: CallerEvidence, marks: RevocationMarks, digest: TokenDigest,
        binding: TokenBinding = .none
    ) {
        self.binding = binding
        self.principal = principal
        self.evidence = evidence
        self.marks = marks
        self.digest = digest
    }
}

/// What an audit record says about the credential of a caller (AUDIT, section 4, `who`).
public struct CallerEvidence: Sendable, Hashable {
    /// How the caller was identified; the raw value stands in the record.
    public enum Scheme: String, Sendable, Hashable, CaseIterable {
        /// By a JWT whose signature was verified here.
        case jwt
        /// By what the issuer says of a token when it is asked.
        case introspection
        /// By an API key.
        case apiKey = "api_key"
        /// By a client certificate.
        case mutualTLS = "mtls"
        /// By a signature with keys of AWS IAM.
        case awsIAM = "aws_iam"
    }

    /// How the caller was identified.
    public var scheme: Scheme
    /// The issuer; empty if there is none.
    public var issuer = ""
    /// The algorithm of the signature, if there is one.
    public var algorithm: String?
    /// The name of the key: `kid`, or the public id of an API key.
    public var keyID: String?
    /// Whom the credential is meant for; empty if it does not say.
    public var audiences: [String] = []
    /// When the credential expires, in seconds since the Unix epoch; `nil` if it does not say.
    public var expiresAt: Int64?
    /// `acr`, if it is a string.
    public var authenticationContext: String?
    /// `amr`, as far as it holds strings.
    public var authenticationMethods: [String] = []
    /// The 22 characters of ``CredentialFingerprint``.
    public var fingerprint: String

    /// Makes evidence that says only how, and by which credential.
    public init(_ scheme: Scheme, fingerprint: String) {
        self.scheme = scheme
        self.fingerprint = fingerprint
    }
}

/// The names by which a revocation may mean a credential.
public struct RevocationMarks: Sendable, Hashable {
    /// The issuer as the credential names it, or the provider's name where there is none.
    public var issuer: String
    /// The subject within the issuer.
    public var subject: String?
    /// The client within the issuer.
    public var client: String?
    /// The session (`sid`) within the issuer.
    public var session: String?
    /// The credential's own name: `jti`, or the public id of an API key.
    public var tokenID: String?
    /// The subject's address, if the credential names one.
    public var email: String?
    /// When the credential was issued, in seconds since the Unix epoch; `nil` if it does not say.
    public var issuedAt: Int64?

    /// Makes marks.
    public init(
        issuer: String, subject: String? = nil, client: String? = nil, session: String? = nil, tokenID: String? = nil,
        issuedAt: Int64? = nil
    ) {
        self.issuer = issuer
        self.subject = subject
        self.client = client
        self.session = session
        self.tokenID = tokenID
        self.issuedAt = issuedAt
    }

    /// Reads the marks of verified claims.
    init(issuer: String, claims: JSONObject, client: String?) {
        self.init(
            issuer: issuer, subject: claims["sub"]?.stringValue, client: client, session: claims["sid"]?.stringValue,
            tokenID: claims["jti"]?.stringValue, issuedAt: claims["iat"]?.numberValue.flatMap(Self.seconds))
        email = claims["email"]?.stringValue
    }

    /// Whole seconds, a fraction cut off so that a credential counts as older rather than newer.
    private static func seconds(_ number: JSONNumber) -> Int64? {
        if let whole = number.int64 { return whole }
        guard let seconds = number.double, seconds >= 0, seconds < 0x1p53 else { return nil }
        return Int64(seconds.rounded(.down))
    }
}
