// SPDX-License-Identifier: Apache-2.0
import Callout
import Crypto
import StrictJSON

/// Verifies JWT access tokens; never suspends.
///
/// When it throws an error for which newer keys might help, the caller may await ``refreshKeys(after:from:)`` and verify
/// once more.
///
/// ```swift
/// func identify(_ token: String, now: Int64) async throws(IdentityError) -> VerifiedToken {
///     do throws(IdentityError) {
///         return try verifier.verify(token, from: selection, now: now)
///     } catch {
///         guard await verifier.refreshKeys(after: error, from: selection) else { throw error }
///         return try verifier.verify(token, from: selection, now: now)
///     }
/// }
/// ```
public struct TokenVerifier: Sendable {
    /// The tokens verified before.
    public let cache: VerifiedTokenCache
    private let fingerprint: CredentialFingerprint
    private let headers = KnownHeaders()

    /// Makes a verifier.
    public init(cache: VerifiedTokenCache, fingerprint: CredentialFingerprint) {
        self.cache = cache
        self.fingerprint = fingerprint
    }

    /// Verifies a token, or finds that it was verified before and still holds.
    ///
    /// - Parameters:
    ///   - token: The compact JWS, without the word `Bearer`.
    ///   - selection: The providers whose tokens are accepted; `iss` picks one of them.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: The token's principal, claims and facts.
    /// - Throws: ``IdentityError`` with the first reason not to accept the token.
    public func verify(
        _ token: Span<UInt8>, from selection: ProviderSelection, now: Int64
    ) throws(IdentityError) -> VerifiedToken {
        // Before hashing: a limit comes before work.
        let limit = selection.maximumTokenBytes
        guard token.count <= limit else { throw .tokenTooLarge(limit: limit) }
        // What is signed is hashed; the signature itself, which that does not cover, is compared.
        guard let dot = CompactToken.lastDot(in: token) else { throw .tokenMalformed(.segments) }
        let signed = token.extracting(0..<dot)
        let hash = SHA256.hash(signed)
        let digest = TokenDigest(hash)
        let known = token.extracting((dot + 1)..<token.count).withUnsafeBytes {
            cache.token(digest, signature: $0, from: selection)
        }
        if let known, isStillSigned(known, at: now) {
            try known.lifetime.validate(at: now, skew: known.provider.rules.clockSkew)
            return known
        }
        let verified = try verifyAnew(token, hash, selection, now)
        cache.insert(verified)
        return verified
    }

    /// Verifies a token given as a string, as ``verify(_:from:now:)`` does bytes.
    ///
    /// - Parameters:
    ///   - token: The compact JWS, without the word `Bearer`.
    ///   - selection: The providers whose tokens are accepted; `iss` picks one of them.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: The token's principal, claims and facts.
    /// - Throws: ``IdentityError`` with the first reason not to accept the token.
    public func verify(
        _ token: String, from selection: ProviderSelection, now: Int64
    ) throws(IdentityError) -> VerifiedToken {
        try verify(token.utf8Span.span, from: selection, now: now)
    }

    /// Whether newer keys could turn an error into an acceptance, and a fetch of them may be awaited now.
    ///
    /// Answers at once, so that a stream of tokens with invented keys never leaves the synchronous path.
    public func mayRefreshKeys(after error: IdentityError, from selection: ProviderSelection) -> Bool {
        provider(toRefreshAfter: error, selection)?.keys.acceptsDemand ?? false
    }

    /// Waits for newer keys if they could turn an error into an acceptance.
    ///
    /// - Returns: Whether verifying again makes sense.
    public func refreshKeys(after error: IdentityError, from selection: ProviderSelection) async -> Bool {
        guard let provider = provider(toRefreshAfter: error, selection), provider.keys.acceptsDemand else {
            return false
        }
        await provider.keys.refresh()
        return true
    }

    private func provider(toRefreshAfter error: IdentityError, _ selection: ProviderSelection) -> TokenProvider? {
        error.issuerOfMissingKeys.flatMap { selection.provider(named: $0) }
    }

    /// Whether the key that verified the token is still the one that would be chosen for it.
    private func isStillSigned(_ token: VerifiedToken, at now: Int64) -> Bool {
        let keys = token.provider.keys
        if keys.isCurrent(token.keyRevision, at: now) { return true }
        guard let snapshot = try? keys.usable(at: now) else { return false }
        let facts = token.facts
        let chosen = try? snapshot.keys.key(for: facts.keyID, facts.algorithm, issuer: facts.issuer)
        return chosen?.isSame(as: token.key) ?? false
    }

    private func verifyAnew(
        _ bytes: Span<UInt8>, _ hash: SHA256Digest, _ selection: ProviderSelection, _ now: Int64
    ) throws(IdentityError) -> VerifiedToken {
        let token = try CompactToken(bytes, maximumBytes: selection.maximumTokenBytes, headers: headers)
        let claims = try token.claims()
        let issuer = claims["iss"]?.stringValue
        guard let issuer, let provider = selection.provider(issuer: issuer) else {
            throw .issuerNotAccepted(issuer: issuer.map { String($0.prefix(256)) })
        }
        // The configuration is read in place: a copy of it would cost dozens of reference counts per token.
        guard bytes.count <= provider.configuration.maximumTokenBytes else {
            throw .tokenTooLarge(limit: provider.configuration.maximumTokenBytes)
        }
        let snapshot = try provider.keys.usable(at: now)
        let finding = try provider.rules.verify(
            token, bytes, claims: claims, keys: snapshot.keys, now: now, sha256: hash)
        let identity = try provider.configuration.mapping.identity(
            provider: provider.configuration.name, issuer: issuer, claims: claims,
            profile: provider.configuration.profile)
        if token.isHeaderNew { headers.insert(bytes.extracting(0..<token.headerByteCount), try token.checkedHeader()) }
        let signature = bytes.extracting((token.signedByteCount + 1)..<bytes.count).withUnsafeBytes { Array($0) }
        let binding = try TokenBinding(claims: claims, isRequired: provider.configuration.requiresBinding)
        return VerifiedToken(
            principal: identity.principal, client: identity.client, claims: claims,
            facts: facts(finding, issuer, bytes),
            lifetime: finding.lifetime, digest: TokenDigest(hash), signature: signature, provider: provider,
            key: finding.key, keyRevision: snapshot.revision, binding: binding)
    }

    private func facts(_ finding: TokenRules.Finding, _ issuer: String, _ bytes: Span<UInt8>) -> TokenFacts {
        TokenFacts(
            issuer: issuer, algorithm: finding.algorithm, keyID: finding.keyID, audiences: finding.audiences,
            expiresAt: finding.lifetime.expiresAt, authenticationContext: finding.claims["acr"]?.stringValue,
            authenticationMethods: finding.claims["amr"]?.arrayValue?.compactMap(\.stringValue) ?? [],
            fingerprint: fingerprint.text(of: bytes))
    }
}
