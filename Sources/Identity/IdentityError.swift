// SPDX-License-Identifier: Apache-2.0

/// Why a credential was not accepted.
///
/// Each case carries what an operator needs; ``fault`` holds what the caller may see.
public enum IdentityError: Error, Sendable, Hashable {
    /// The request carries no credential.
    case noCredential
    /// The credential's scheme is one that the API does not accept; names the scheme.
    case schemeNotAccepted(String)
    /// The token is longer than the provider allows, in bytes.
    case tokenTooLarge(limit: Int)
    /// The token is not a well-formed compact JWS (RFC 7515, section 7.1).
    case tokenMalformed(TokenDefect)
    /// The token's `iss` belongs to no provider that the API accepts; `nil` if there is none.
    case issuerNotAccepted(issuer: String?)
    /// The header's `alg` is not in the provider's list.
    case algorithmNotAccepted(issuer: String, algorithm: String)
    /// The header's `typ` is not in the provider's list; `nil` if it is absent although required.
    case tokenTypeNotAccepted(issuer: String, type: String?)
    /// The issuer's key set holds no usable key of this name that fits the algorithm.
    case unknownKey(issuer: String, keyID: String)
    /// The token names no key, and not exactly one key of the set fits its algorithm.
    case ambiguousKey(issuer: String)
    /// The signature does not verify with the key that the token names.
    case signatureNotValid(issuer: String)
    /// The token's `exp` has passed by more than the allowed clock skew; Unix time.
    case tokenExpired(expiresAt: Int64)
    /// The token's `nbf` or `iat` lies further ahead than the allowed clock skew; Unix time.
    case tokenNotYetValid(validFrom: Int64)
    /// The token's `aud` names none of the provider's audiences.
    case audienceNotAccepted(issuer: String)
    /// The token names a client that is not one of the provider's `clients`.
    case clientNotAccepted(issuer: String)
    /// A claim is missing, has the wrong type, or holds a value that is not accepted.
    case claimNotAccepted(name: String, ClaimProblem)
    /// The issuer says that the token is not active.
    case tokenInactive(issuer: String)
    /// The token lacks a scope that the provider requires.
    case scopeMissing(issuer: String)
    /// Token, session, subject or client has been revoked.
    case tokenRevoked
    /// The issuer could not be asked about the token.
    case introspection(issuer: String, IntrospectionFailure)
    /// More tokens wait for the issuer than may.
    case introspectionOverloaded(issuer: String)
    /// No key set of the issuer has been loaded yet.
    case keysNotLoaded(issuer: String)
    /// The issuer's keys could not be renewed for longer than allowed; the age is in seconds.
    case keysStale(issuer: String, age: Int64)
    /// No such API key.
    case apiKeyUnknown
    /// The API key was right, but its time is over; Unix time.
    case apiKeyExpired(id: String, expiredAt: Int64)
    /// The client certificate names none of the configured subjects, or more than one.
    case certificateNotTrusted
    /// A proof of possession (RFC 9449) does not belong to this request; names the member that does not fit.
    case proofNotAccepted(member: String)
    /// The credential is bound to a key or a certificate, or must be, and comes without proof of it.
    case proofMissing
    /// The proof of possession carries no nonce of this service, or one whose time is over.
    case proofNonceWanted
    /// The proof of possession was used before.
    case proofReplayed
    /// There is no room to remember another proof of possession.
    case tooManyProofs
    /// The caller's certificate was not accepted; says why.
    case certificateRefused(String)
    /// The signed question to STS was not accepted; says why.
    case awsSignatureNotAccepted(String)
    /// The signed question to STS was used before.
    case awsReplayed
    /// STS knows the caller, but its account or role is not one that is accepted.
    case awsPrincipalNotAccepted(arn: String)
    /// STS could not be asked; says why.
    case awsUnavailable(provider: String, String)
}

/// What is wrong with the form of a token.
public enum TokenDefect: String, Error, Sendable, Hashable, CaseIterable {
    /// There are not exactly three segments.
    case segments = "not three segments separated by dots"
    /// A segment is not base64url in its one canonical form (no padding, no spaces, unused bits zero).
    case encoding = "a segment is not canonical base64url"
    /// The header is not a JSON object without repeated names.
    case header = "the header is not a JSON object without repeated names"
    /// The claims are not a JSON object without repeated names.
    case claims = "the claims are not a JSON object without repeated names"
    /// `kid` is not a string.
    case keyID = "`kid` is not a string"
    /// `crit` is present; no extension is understood (RFC 7515, section 4.1.11).
    case critical = "`crit` is present; no extension is understood"
    /// `b64` is present and not `true` (RFC 7797).
    case unencoded = "`b64` is present and not true"
    /// The header carries a key or a URL of one (`jwk`, `jku`, `x5c`, `x5u`).
    case embeddedKey = "the header carries a key or the URL of a key"
}

/// What is wrong with a claim.
public enum ClaimProblem: String, Sendable, Hashable, CaseIterable {
    /// The claim is required and absent.
    case missing = "is missing"
    /// The claim has a type that is not accepted.
    case wrongType = "has a type that is not accepted"
    /// A time is negative, not finite, or 2^53 or more.
    case outOfRange = "is not a time between 0 and 2^53"
    /// The value is not accepted.
    case notAccepted = "has a value that is not accepted"
    /// The issuer left the groups out because there are too many; an empty list would be a lie.
    case overage = "was left out by the issuer because it is too long"
}
