// SPDX-License-Identifier: Apache-2.0

/// Why a verdict came out as it did: one stable word on every gateway, in the audit log, metrics and logs.
///
/// Codes are added, never renamed or reused. `docs/faults.md` lists each with its meaning and remedy.
public enum ReasonCode: String, Sendable, Hashable, CaseIterable {
    /// A policy permits the request and none forbids it.
    case allowed
    /// No policy permits the request, or one forbids it.
    case policyDenied = "policy_denied"
    /// The request carries no credential that the API accepts.
    case noCredential = "no_credential"
    /// The credential is not well formed.
    case tokenMalformed = "token_malformed"
    /// The token's `exp` has passed.
    case tokenExpired = "token_expired"
    /// The token's `nbf` or `iat` lies in the future.
    case tokenNotYetValid = "token_not_yet_valid"
    /// The token's signature does not verify.
    case tokenSignature = "token_signature"
    /// The token's issuer is not one that the API accepts.
    case tokenIssuer = "token_issuer"
    /// The token is meant for another audience.
    case tokenAudience = "token_audience"
    /// The token's algorithm is not one that the issuer may use.
    case tokenAlgorithm = "token_algorithm"
    /// The token's `typ` is not one that is accepted here.
    case tokenType = "token_type"
    /// A claim is missing or has the wrong type.
    case tokenClaims = "token_claims"
    /// The token, its session or its subject has been revoked.
    case tokenRevoked = "token_revoked"
    /// The issuer left the caller's groups out of the token for their number.
    case groupsOverage = "groups_overage"
    /// The issuer says that the token is not active.
    case tokenInactive = "token_inactive"
    /// The issuer's key set does not hold the key that the token names.
    case keyUnknown = "key_unknown"
    /// The API key is not known.
    case apiKeyUnknown = "api_key_unknown"
    /// The API key has expired.
    case apiKeyExpired = "api_key_expired"
    /// The client certificate is not trusted.
    case certificateUntrusted = "certificate_untrusted"
    /// The AWS signature does not verify.
    case awsSignature = "aws_signature"
    /// The AWS signature has been used before.
    case awsReplay = "aws_replay"
    /// The token lacks a scope that the route asks for.
    case scopeMissing = "scope_missing"
    /// The caller has used up its share.
    case rateLimited = "rate_limited"
    /// No configured route matches the request.
    case routeUnknown = "route_unknown"
    /// The request's path can be read in more than one way.
    case ambiguousPath = "ambiguous_path"
    /// The request exceeds a limit of size or nesting.
    case requestTooLarge = "request_too_large"
    /// The request cannot be read: wrong wire format, wrong types, invalid UTF-8.
    case requestMalformed = "request_malformed"
    /// A delegate said no.
    case delegateDenied = "delegate_denied"
    /// A delegate could not be asked.
    case delegateFailed = "delegate_failed"
    /// The time was used up while the route was matched.
    case budgetMatch = "budget_match"
    /// The time was used up while the caller was identified.
    case budgetIdentify = "budget_identify"
    /// The time was used up while attributes were gathered.
    case budgetEnrich = "budget_enrich"
    /// The time was used up while policies were evaluated.
    case budgetDecide = "budget_decide"
    /// The time was used up while handlers were applied.
    case budgetApply = "budget_apply"
    /// The time was used up while the record was made durable.
    case budgetRecord = "budget_record"
    /// The identity provider cannot be reached and no usable keys are held.
    case idpUnavailable = "idp_unavailable"
    /// The audit record cannot be made durable.
    case auditUnavailable = "audit_unavailable"
    /// More work has arrived than can be done in time.
    case overloaded
    /// A policy that matters could not be evaluated.
    case policyError = "policy_error"
    /// The gateway has not proven who it is.
    case gatewayUnauthenticated = "gateway_unauthenticated"
    /// The token is bound to a key or a certificate, or must be, and comes without proof of it.
    case proofMissing = "proof_missing"
    /// The proof of possession does not belong to the request, or not to the token.
    case proofInvalid = "proof_invalid"
    /// The proof of possession must carry the nonce that comes with the refusal.
    case proofNonce = "proof_nonce"
    /// The proof of possession was used before.
    case proofReplay = "proof_replay"
    /// AWS knows the caller, but its account or role is not one that is accepted.
    case awsPrincipal = "aws_principal"
}

extension ReasonCode {
    /// Whether the code says that the service, not the caller, is at fault; such answers are faults on every gateway.
    public var isServiceFailure: Bool {
        switch self {
        case .idpUnavailable, .auditUnavailable, .overloaded, .gatewayUnauthenticated, .delegateFailed,
            .budgetMatch, .budgetIdentify, .budgetEnrich, .budgetDecide, .budgetApply, .budgetRecord:
            true
        case .allowed, .policyDenied, .noCredential, .tokenMalformed, .tokenExpired, .tokenNotYetValid,
            .tokenSignature, .tokenIssuer, .tokenAudience, .tokenAlgorithm, .tokenType, .tokenClaims, .tokenRevoked,
            .tokenInactive, .groupsOverage, .keyUnknown, .apiKeyUnknown, .apiKeyExpired, .certificateUntrusted,
            .awsSignature,
            .awsReplay, .scopeMissing, .rateLimited, .routeUnknown, .ambiguousPath, .requestTooLarge,
            .requestMalformed, .delegateDenied, .policyError, .proofMissing, .proofInvalid, .proofNonce, .proofReplay,
            .awsPrincipal:
            false
        }
    }

    /// The HTTP status that a gateway is told for this code, unless a route says otherwise.
    public var status: Int {
        switch self {
        case .allowed: 200
        case .noCredential, .tokenMalformed, .tokenExpired, .tokenNotYetValid, .tokenSignature, .tokenIssuer,
            .tokenAudience, .tokenAlgorithm, .tokenType, .tokenClaims, .tokenRevoked, .tokenInactive, .keyUnknown,
            .apiKeyUnknown, .apiKeyExpired, .certificateUntrusted, .awsSignature, .awsReplay,
            .proofMissing, .proofInvalid, .proofNonce, .proofReplay, .awsPrincipal:
            401
        case .policyDenied, .scopeMissing, .groupsOverage, .delegateDenied, .policyError: 403
        case .routeUnknown: 404
        case .ambiguousPath, .requestMalformed: 400
        case .requestTooLarge: 413
        case .rateLimited: 429
        case .gatewayUnauthenticated: 401
        case .idpUnavailable, .auditUnavailable, .overloaded, .delegateFailed: 503
        case .budgetMatch, .budgetIdentify, .budgetEnrich, .budgetDecide, .budgetApply, .budgetRecord: 504
        }
    }

    /// What the caller is told: one sentence without any detail of policy, issuer or credential (THREATS A8).
    public var message: String {
        switch self {
        case .allowed: "The request is allowed."
        case .policyDenied: "The request is not allowed by policy."
        case .noCredential: "The request carries no credential."
        case .tokenMalformed: "The credential is not well formed."
        case .tokenExpired: "The access token has expired."
        case .tokenNotYetValid: "The access token is not valid yet."
        case .tokenSignature, .tokenIssuer, .tokenAudience, .tokenAlgorithm, .tokenType, .tokenClaims, .keyUnknown:
            "The access token was not accepted."
        case .groupsOverage: "The access token does not carry the caller's groups."
        case .tokenRevoked, .tokenInactive: "The access token is no longer valid."
        case .apiKeyUnknown: "The API key was not accepted."
        case .apiKeyExpired: "The API key has expired."
        case .certificateUntrusted: "The client certificate was not accepted."
        case .awsSignature, .awsReplay, .awsPrincipal: "The AWS signature was not accepted."
        case .scopeMissing: "The access token lacks a required scope."
        case .rateLimited: "Too many requests."
        case .routeUnknown: "No such resource."
        case .ambiguousPath: "The request path is ambiguous."
        case .requestTooLarge: "The request is too large."
        case .requestMalformed: "The request cannot be read."
        case .delegateDenied: "The request is not allowed."
        case .idpUnavailable, .auditUnavailable, .delegateFailed: "The authorization service is unavailable."
        case .overloaded: "The authorization service is busy."
        case .policyError: "The request could not be decided."
        case .gatewayUnauthenticated: "The gateway is not authenticated."
        case .proofMissing: "The access token must come with a proof of possession."
        case .proofNonce: "The proof of possession must carry the nonce of this answer."
        case .proofInvalid, .proofReplay: "The proof of possession was not accepted."
        case .budgetMatch, .budgetIdentify, .budgetEnrich, .budgetDecide, .budgetApply, .budgetRecord:
            "The request could not be decided in time."
        }
    }

    /// The name of the fault on Apigee: the code in lower camel case, letters only (`policyDenied`).
    public var faultName: String {
        let words = rawValue.split(separator: "_")
        return words.dropFirst().reduce(String(words.first ?? "")) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }
}
