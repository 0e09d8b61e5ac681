// SPDX-License-Identifier: Apache-2.0
public import Callout

extension IdentityError {
    /// The issuer whose newer keys could turn the error into an acceptance; `nil` if none could.
    var issuerOfMissingKeys: String? {
        switch self {
        case .unknownKey(let issuer, _), .ambiguousKey(let issuer), .keysNotLoaded(let issuer),
            .keysStale(let issuer, _):
            issuer
        case .noCredential, .schemeNotAccepted, .tokenTooLarge, .tokenMalformed, .issuerNotAccepted,
            .algorithmNotAccepted, .tokenTypeNotAccepted, .signatureNotValid, .tokenExpired, .tokenNotYetValid,
            .audienceNotAccepted, .clientNotAccepted, .claimNotAccepted, .tokenInactive, .scopeMissing, .tokenRevoked,
            .introspection, .introspectionOverloaded, .apiKeyUnknown, .apiKeyExpired, .certificateNotTrusted,
            .proofNotAccepted, .proofMissing, .proofNonceWanted, .proofReplayed, .tooManyProofs, .certificateRefused,
            .awsSignatureNotAccepted, .awsReplayed, .awsPrincipalNotAccepted, .awsUnavailable:
            nil
        }
    }

    /// The stable reason code.
    public var code: ReasonCode {
        switch self {
        case .noCredential: .noCredential
        case .tokenTooLarge, .tokenMalformed, .schemeNotAccepted: .tokenMalformed
        case .issuerNotAccepted: .tokenIssuer
        case .algorithmNotAccepted: .tokenAlgorithm
        case .tokenTypeNotAccepted: .tokenType
        case .unknownKey, .ambiguousKey: .keyUnknown
        case .signatureNotValid: .tokenSignature
        case .tokenExpired: .tokenExpired
        case .tokenNotYetValid: .tokenNotYetValid
        case .audienceNotAccepted: .tokenAudience
        case .claimNotAccepted(_, .overage): .groupsOverage
        case .claimNotAccepted, .clientNotAccepted: .tokenClaims
        case .tokenInactive: .tokenInactive
        case .scopeMissing: .scopeMissing
        case .tokenRevoked: .tokenRevoked
        case .introspectionOverloaded: .overloaded
        case .proofNotAccepted: .proofInvalid
        case .proofMissing: .proofMissing
        case .proofNonceWanted: .proofNonce
        case .proofReplayed: .proofReplay
        case .tooManyProofs: .overloaded
        case .certificateRefused: .certificateUntrusted
        case .awsSignatureNotAccepted: .awsSignature
        case .awsReplayed: .awsReplay
        case .awsPrincipalNotAccepted: .awsPrincipal
        case .awsUnavailable: .idpUnavailable
        case .keysNotLoaded, .keysStale, .introspection: .idpUnavailable
        case .apiKeyUnknown: .apiKeyUnknown
        case .apiKeyExpired: .apiKeyExpired
        case .certificateNotTrusted: .certificateUntrusted
        }
    }

    /// What the caller may see: no issuer, no key identifier, no token.
    public var fault: Fault { Fault(code) }
}

extension IdentityError: CustomStringConvertible {
    /// What the operator sees in logs: names issuer, key and claim, never the token or a claim's value.
    public var description: String {
        switch self {
        case .noCredential: "the request carries no credential"
        case .schemeNotAccepted(let scheme): "no provider of the API accepts credentials of the scheme `\(scheme)`"
        case .tokenTooLarge(let limit): "the token is longer than \(limit) bytes"
        case .tokenMalformed(let defect): "the token is malformed: \(defect.rawValue)"
        case .issuerNotAccepted(let issuer?): "issuer `\(issuer)` is not accepted here"
        case .issuerNotAccepted(nil): "the token has no `iss`"
        case .algorithmNotAccepted(let issuer, let algorithm):
            "issuer `\(issuer)` may not sign with `\(algorithm)`; see `algorithms` of the provider"
        case .tokenTypeNotAccepted(let issuer, let type?): "token type `\(type)` of issuer `\(issuer)` is not accepted"
        case .tokenTypeNotAccepted(let issuer, nil): "a token of issuer `\(issuer)` has no `typ`, which is required"
        case .unknownKey(let issuer, let keyID): "issuer `\(issuer)` has no key `\(keyID)` that fits the algorithm"
        case .ambiguousKey(let issuer): "a token of issuer `\(issuer)` names no key, and not exactly one key fits"
        case .signatureNotValid(let issuer): "the signature of a token of issuer `\(issuer)` does not verify"
        case .tokenExpired(let expiresAt): "token expired at \(expiresAt) (Unix time)"
        case .tokenNotYetValid(let validFrom): "token is valid only from \(validFrom) (Unix time) on"
        case .audienceNotAccepted(let issuer): "a token of issuer `\(issuer)` is meant for another audience"
        case .clientNotAccepted(let issuer): "a token of issuer `\(issuer)` names a client that `clients` does not list"
        case .claimNotAccepted(let name, let problem): "claim `\(name)` \(problem.rawValue)"
        case .tokenInactive(let issuer): "issuer `\(issuer)` says that the token is not active"
        case .scopeMissing(let issuer): "a token of issuer `\(issuer)` lacks a scope that the provider requires"
        case .tokenRevoked: "the credential has been revoked"
        case .introspection(let issuer, let failure): "issuer `\(issuer)` could not be asked about a token: \(failure)"
        case .introspectionOverloaded(let issuer): "too many tokens wait for issuer `\(issuer)` to be asked about"
        case .keysNotLoaded(let issuer): "the keys of issuer `\(issuer)` have not been loaded yet"
        case .keysStale(let issuer, let age): "the keys of issuer `\(issuer)` are \(age) s old and cannot be renewed"
        case .apiKeyUnknown: "no such API key"
        case .apiKeyExpired(let id, let expiredAt): "API key `\(id)` expired at \(expiredAt) (Unix time)"
        case .certificateNotTrusted: "the client certificate names none of the configured subjects, or several"
        case .proofNotAccepted(let member): "the proof of possession does not fit the request: `\(member)`"
        case .proofMissing: "the token must be bound to a key or certificate and come with proof of it"
        case .proofNonceWanted: "the proof of possession lacks a nonce that this service handed out a short while ago"
        case .proofReplayed: "the proof of possession was used before"
        case .certificateRefused(let reason): "the client certificate is refused: \(reason)"
        case .awsSignatureNotAccepted(let reason): "the signed GetCallerIdentity is refused: \(reason)"
        case .awsReplayed: "the signed GetCallerIdentity was used before"
        case .awsPrincipalNotAccepted(let arn): "`\(arn)` is neither in `accounts` nor in `principals`"
        case .awsUnavailable(let provider, let reason): "STS could not be asked for provider `\(provider)`: \(reason)"
        case .tooManyProofs: "there is no room to remember another proof of possession"
        }
    }
}
