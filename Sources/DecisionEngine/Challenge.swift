// SPDX-License-Identifier: Apache-2.0

import Callout
import Identity

/// The value of `www-authenticate` for a refusal (RFC 6750, section 3; RFC 9449, section 7.1).
enum Challenge {
    /// What proofs may be signed with.
    private static let algorithms = SignatureAlgorithm.asymmetric.map(\.rawValue).joined(separator: " ")

    static func text(for fault: Fault, realm: String?, presentsProof: Bool = false) -> String? {
        guard let realm else { return nil }
        if presentsProof || fault.code == .proofMissing { return proof(for: fault, realm) }
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
            .idpUnavailable, .auditUnavailable, .overloaded, .policyError, .gatewayUnauthenticated, .awsPrincipal:
            return nil
        case .proofMissing, .proofInvalid, .proofNonce, .proofReplay: return proof(for: fault, realm)
        }
    }

    private static func proof(for fault: Fault, _ realm: String) -> String? {
        let names = "algs=\"\(algorithms)\""
        guard fault.code != .proofMissing else { return "DPoP realm=\"\(realm)\", \(names)" }
        guard fault.status == 401 else { return text(for: fault, realm: realm) }
        let isAboutProof = fault.code == .proofInvalid || fault.code == .proofReplay
        let error =
            fault.code == .proofNonce ? "use_dpop_nonce" : isAboutProof ? "invalid_dpop_proof" : "invalid_token"
        return "DPoP realm=\"\(realm)\", error=\"\(error)\", error_description=\"\(fault.message)\", \(names)"
    }
}
