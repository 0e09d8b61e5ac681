// SPDX-License-Identifier: Apache-2.0

import Callout

/// The value of `www-authenticate` for a refusal (RFC 6750, section 3).
enum Challenge {
    static func text(for fault: Fault, realm: String?) -> String? {
        guard let realm else { return nil }
        switch fault.code {
        case .noCredential: return "Bearer realm=\"\(realm)\""
        case .scopeMissing: return "Bearer realm=\"\(realm)\", error=\"insufficient_scope\""
        case .tokenMalformed, .tokenExpired, .tokenNotYetValid, .tokenSignature, .tokenIssuer, .tokenAudience,
            .tokenAlgorithm, .tokenType, .tokenClaims, .tokenRevoked, .tokenInactive, .keyUnknown:
            return "Bearer realm=\"\(realm)\", error=\"invalid_token\", error_description=\"\(fault.message)\""
        case .allowed, .policyDenied, .groupsOverage, .apiKeyUnknown, .apiKeyExpired, .certificateUntrusted,
            .awsSignature, .awsReplay,
            .rateLimited, .routeUnknown, .ambiguousPath, .requestTooLarge, .requestMalformed, .delegateDenied,
            .delegateFailed, .budgetMatch, .budgetIdentify, .budgetEnrich, .budgetDecide, .budgetApply, .budgetRecord,
            .idpUnavailable, .auditUnavailable, .overloaded, .policyError, .gatewayUnauthenticated:
            return nil
        }
    }
}
