// SPDX-License-Identifier: Apache-2.0
import Callout
import Crypto
import StrictJSON

/// What one issuer's tokens must look like; everything that does not need the provider's keys or name.
struct TokenRules: Sendable, Hashable {
    var issuer: String
    var audiences: [String]
    var algorithms: [SignatureAlgorithm]
    var clockSkew: Int64
    var tokenTypes: [String]
    var requiresTokenType: Bool
    var requiredClaims: [String]
    /// The accepted values of `iss`.
    var issuers: [String]
    var profile: ProviderProfile = .openID
    /// The clients of which a token must name one; empty for any.
    var clients: [String] = []
    /// Where the client may stand in the claims.
    var clientPaths: [ClaimPath] = []

    init(
        issuer: String, audiences: [String], algorithms: [SignatureAlgorithm], clockSkew: Int64, tokenTypes: [String],
        requiresTokenType: Bool, requiredClaims: [String]
    ) {
        self.issuer = issuer
        issuers = [issuer]
        self.audiences = audiences
        self.algorithms = algorithms
        self.clockSkew = clockSkew
        self.tokenTypes = tokenTypes
        self.requiresTokenType = requiresTokenType
        self.requiredClaims = requiredClaims
    }

    /// What a token has been found to say.
    struct Finding {
        let claims: JSONObject
        let lifetime: TokenLifetime
        let audiences: [String]
        let algorithm: SignatureAlgorithm
        let key: VerificationKey
        let keyID: String?
    }

    /// Checks a token from its header to its claims; the order is cheap refusals, key, signature, claims.
    ///
    /// The SHA-256 of what is signed is taken here if it was not before.
    func verify(
        _ token: CompactToken, _ bytes: Span<UInt8>, claims: JSONObject, keys: KeySet, now: Int64,
        sha256: SHA256Digest? = nil
    ) throws(IdentityError) -> Finding {
        let header = try token.checkedHeader()
        let algorithm = try allowed(header.algorithm)
        try check(type: header.type)
        let key = try keys.key(for: header.keyID, algorithm, issuer: issuer)
        let signed = bytes.extracting(0..<token.signedByteCount)
        guard key.isValid(token.signature, over: signed, algorithm, sha256: sha256) else {
            throw .signatureNotValid(issuer: issuer)
        }
        let audiences = try check(claims, key)
        let lifetime = try TokenLifetime(claims: claims)
        try lifetime.validate(at: now, skew: clockSkew)
        return Finding(
            claims: claims, lifetime: lifetime, audiences: audiences, algorithm: algorithm, key: key,
            keyID: header.keyID)
    }

    private func allowed(_ name: String) throws(IdentityError) -> SignatureAlgorithm {
        guard let algorithm = SignatureAlgorithm(name: name), algorithms.contains(algorithm) else {
            throw .algorithmNotAccepted(issuer: issuer, algorithm: String(name.prefix(64)))
        }
        return algorithm
    }

    /// Compares `typ` without regard to case, with or without `application/` (RFC 7515, section 4.1.9).
    private func check(type: String?) throws(IdentityError) {
        guard let type else {
            if requiresTokenType { throw .tokenTypeNotAccepted(issuer: issuer, type: nil) }
            return
        }
        let isAccepted = tokenTypes.contains {
            type.equalsIgnoringASCIICase($0)
                || (type.utf8.count > $0.utf8.count && type.equalsIgnoringASCIICase("application/" + $0))
        }
        guard isAccepted else { throw .tokenTypeNotAccepted(issuer: issuer, type: String(type.prefix(64))) }
    }

    private func check(_ claims: JSONObject, _ key: VerificationKey) throws(IdentityError) -> [String] {
        guard let named = claims["iss"]?.stringValue, issuers.contains(where: { $0.isSameBytes(as: named) }) else {
            throw .issuerNotAccepted(issuer: claims["iss"]?.stringValue.map { String($0.prefix(256)) })
        }
        for name in requiredClaims where claims[name] == nil { throw .claimNotAccepted(name: name, .missing) }
        for name in ["sub", "jti", "client_id", "azp"] {
            guard let value = claims[name] else { continue }
            guard value.stringValue != nil else { throw .claimNotAccepted(name: name, .wrongType) }
        }
        let found = try audiences(of: claims)
        guard audiences.isEmpty || found.contains(where: { name in audiences.contains { $0.isSameBytes(as: name) } })
        else { throw .audienceNotAccepted(issuer: issuer) }
        try checkClient(claims, audiences: found, key)
        return found
    }

    private func checkClient(
        _ claims: JSONObject, audiences: [String], _ key: VerificationKey
    ) throws(IdentityError) {
        var client: String?
        for path in clientPaths where client == nil { client = path.value(in: claims)?.stringValue }
        try profile.check(claims, client: client, keyIssuer: key.issuer)
        guard !clients.isEmpty else { return }
        // ID tokens of Cognito name the client as their audience.
        let named = client.map { [$0] } ?? (profile.requiresAudience ? [] : audiences)
        guard named.contains(where: { name in clients.contains { $0.isSameBytes(as: name) } }) else {
            throw .clientNotAccepted(issuer: issuer)
        }
    }

    /// `aud` as one string or an array of strings (RFC 7519, section 4.1.3).
    private func audiences(of claims: JSONObject) throws(IdentityError) -> [String] {
        switch claims["aud"] {
        case nil where audiences.isEmpty: return []
        case nil: throw .claimNotAccepted(name: "aud", .missing)
        case .string(let one): return [one]
        case .array(let many):
            let names = many.compactMap(\.stringValue)
            guard names.count == many.count else { throw .claimNotAccepted(name: "aud", .wrongType) }
            return names
        case .null, .bool, .number, .object: throw .claimNotAccepted(name: "aud", .wrongType)
        }
    }
}
