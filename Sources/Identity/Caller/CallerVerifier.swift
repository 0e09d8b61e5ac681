// SPDX-License-Identifier: Apache-2.0
public import Callout
import StrictJSON

/// Turns a credential into a caller; at once where everything is at hand.
///
/// When something outside must be asked, ``authenticate(_:in:from:live:now:mayWait:)`` says what; the caller awaits
/// ``wait(for:)`` and goes on as that says.
public struct CallerVerifier: Sendable {
    /// Verifies JWTs.
    public let tokens: TokenVerifier
    /// Checks that callers hold what their credentials are bound to.
    public let possession: PossessionVerifier
    /// What was verified and no longer counts.
    public let revocations: Revocations

    /// Makes a verifier.
    public init(
        tokens: TokenVerifier, possession: PossessionVerifier = PossessionVerifier(),
        revocations: Revocations = Revocations()
    ) {
        self.tokens = tokens
        self.possession = possession
        self.revocations = revocations
    }

    /// Confirms, for every use anew, that a verified credential still counts and that its holder may use it here.
    ///
    /// - Parameters:
    ///   - caller: The caller that the credential stands for, verified now or taken from a cache.
    ///   - credential: The credential as it was presented.
    ///   - request: The request.
    ///   - origin: `https://host:port` as callers see it, if the gateway does not say; else `nil`.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Throws: ``IdentityError/tokenRevoked``, or why possession is not proven.
    public func confirm(
        _ caller: AuthenticatedCaller, _ credential: Credential, in request: borrowing CalloutRequest, origin: String?,
        now: Int64
    ) throws(IdentityError) {
        try revocations.check(caller, credential, now: now)
        try possession.confirm(caller, credential, in: request, origin: origin, now: now)
    }

    /// Verifies the credential of a request with the one authenticator that it picks; never suspends.
    ///
    /// - Parameters:
    ///   - credential: What the caller presents.
    ///   - request: The request that it came with, for schemes that are bound to one.
    ///   - selection: The authenticators of the API.
    ///   - live: Whether a JWT that verifies must also be active by its issuer's word.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    ///   - mayWait: Whether the answer may be that something outside must be waited for.
    /// - Returns: The caller, or what must be waited for.
    /// - Throws: ``IdentityError`` with the first reason not to accept the credential.
    public func authenticate(
        _ credential: Credential, in request: borrowing CalloutRequest, from selection: AuthenticatorSelection,
        live: Bool, now: Int64, mayWait: Bool
    ) throws(IdentityError) -> Authentication {
        switch credential {
        case .bearer(let token), .proven(let token): return try bearer(token, selection, live, now, mayWait)
        case .certificate: return try certificate(request, selection, now, mayWait)
        case .awsRequest:
            guard let provider = selection.aws else { throw .schemeNotAccepted("AWS4-HMAC-SHA256") }
            return .caller(try provider.forwarded(in: request, now: now))
        case .basic(let pair):
            guard let provider = selection.opaqueTokens, provider.settings.acceptsBasic else {
                throw .schemeNotAccepted("Basic")
            }
            return try introspect(pair, "basic", provider, now, mayWait)
        }
    }

    private func bearer(
        _ token: String, _ selection: AuthenticatorSelection, _ live: Bool, _ now: Int64, _ mayWait: Bool
    ) throws(IdentityError) -> Authentication {
        if APIKeyProvider.recognizes(token) {
            guard let provider = selection.apiKeys else { throw .schemeNotAccepted("API key") }
            return .caller(try provider.caller(token, now: now))
        }
        if AWSCallerProvider.recognizes(token) { return try aws(token, selection, now, mayWait) }
        guard let providers = selection.tokens else {
            guard let provider = selection.opaqueTokens else {
                // What is no API key where API keys are all there is, is an unknown one.
                if selection.apiKeys != nil { throw .apiKeyUnknown }
                throw .schemeNotAccepted("Bearer")
            }
            return try introspect(token, "access_token", provider, now, mayWait)
        }
        if let provider = selection.opaqueTokens, !Self.looksLikeJWT(token) {
            return try introspect(token, "access_token", provider, now, mayWait)
        }
        do throws(IdentityError) {
            let verified = try tokens.verify(token, from: providers, now: now)
            guard live else { return .caller(verified.caller) }
            return try check(liveState: verified, token, now, mayWait)
        } catch {
            if mayWait, tokens.mayRefreshKeys(after: error, from: providers) {
                return .pending(.keys(error, providers))
            }
            // A JWT that only its issuer reads, told by the issuer's name and not by a failure to verify it.
            if case .issuerNotAccepted(let issuer?) = error, let provider = selection.opaqueTokens,
                provider.settings.issuer?.isSameBytes(as: issuer) == true
            {
                return try introspect(token, "access_token", provider, now, mayWait)
            }
            throw error
        }
    }

    /// Whether a token begins as a JSON object in base64url does, and has the two dots of a compact JWS.
    private static func looksLikeJWT(_ token: String) -> Bool {
        let bytes = token.utf8Span.span
        guard bytes.count > 4, bytes[0] == UInt8(ascii: "e") else { return false }
        var dots = 0
        for index in bytes.indices where bytes[index] == UInt8(ascii: ".") { dots += 1 }
        return dots == 2
    }

    // MARK: Asking the issuer

    private func introspect(
        _ token: String, _ hint: String, _ provider: IntrospectionProvider, _ now: Int64, _ mayWait: Bool
    ) throws(IdentityError) -> Authentication {
        let limit = provider.settings.maximumTokenBytes
        guard token.utf8.count <= limit else { throw .tokenTooLarge(limit: limit) }
        let digest = provider.digest(of: token, isBasic: hint == "basic")
        if let standing = provider.standing(of: digest, now: now) {
            return .caller(try Self.caller(standing, provider))
        }
        guard mayWait else { throw .introspection(issuer: provider.settings.label, .notAnswered) }
        return .pending(
            .introspection(
                IntrospectionQuestion(provider: provider, token: token, digest: digest, hint: hint)))
    }

    private func check(
        liveState verified: VerifiedToken, _ token: String, _ now: Int64, _ mayWait: Bool
    ) throws(IdentityError) -> Authentication {
        // The configuration has been checked: a provider of a route with live state has someone to ask.
        guard let provider = verified.provider.liveState else {
            throw .introspection(issuer: verified.facts.issuer, .ownCredential("no introspection is configured"))
        }
        let digest = provider.digest(of: token)
        switch provider.standing(of: digest, now: now) {
        case .active?: return .caller(verified.caller)
        case .refused(let error)?: throw error
        case nil: break
        }
        guard mayWait else { throw .introspection(issuer: provider.settings.label, .notAnswered) }
        let question = IntrospectionQuestion(
            provider: provider, token: token, digest: digest, hint: "access_token")
        return .pending(.liveState(verified.caller, question))
    }

    private static func caller(
        _ standing: TokenStanding, _ provider: IntrospectionProvider
    ) throws(IdentityError) -> AuthenticatedCaller {
        switch standing {
        case .active(let caller?, _): return caller
        case .active(nil, _): throw .tokenInactive(issuer: provider.settings.label)
        case .refused(let error): throw error
        }
    }

    // MARK: Waiting

    /// Verifies a credential and waits for whatever that needs; for tools that have no event loop.
    ///
    /// - Parameters:
    ///   - credential: What the caller presents.
    ///   - selection: The authenticators.
    ///   - live: Whether a JWT that verifies must also be active by its issuer's word.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: The caller.
    /// - Throws: ``IdentityError`` with the first reason not to accept the credential.
    public func caller(
        of credential: Credential, from selection: AuthenticatorSelection, live: Bool = false, now: Int64
    ) async throws(IdentityError) -> AuthenticatedCaller {
        let nobody = GatewayIdentity(name: "", peer: "", authentication: .none, mayForward: false)
        let request = CalloutRequest(dialect: .decisions, gateway: nobody)
        var waits = 2
        while true {
            switch try authenticate(
                credential, in: request, from: selection, live: live, now: now, mayWait: waits > 0)
            {
            case .caller(let caller): return caller
            case .pending(let pending):
                waits -= 1
                if case .settled(let result) = await wait(for: pending) { return try result.get() }
            }
        }
    }

    private func certificate(
        _ request: borrowing CalloutRequest, _ selection: AuthenticatorSelection, _ now: Int64, _ mayWait: Bool
    ) throws(IdentityError) -> Authentication {
        guard let provider = selection.certificates, let presented = try PresentedCertificate.find(in: request) else {
            throw .noCredential
        }
        if let known = provider.caller(presented, now: now) { return .caller(known) }
        guard mayWait else { throw .certificateRefused("there was no time to verify it") }
        return .pending(.certificate(CertificateQuestion(provider: provider, certificate: presented, now: now)))
    }

    private func aws(
        _ token: String, _ selection: AuthenticatorSelection, _ now: Int64, _ mayWait: Bool
    ) throws(IdentityError) -> Authentication {
        guard let provider = selection.aws else { throw .schemeNotAccepted("AWS") }
        if let known = try provider.caller(token, now: now) { return .caller(known) }
        guard mayWait else { throw .awsUnavailable(provider: provider.settings.name, "no answer in time") }
        return .pending(.aws(AWSQuestion(provider: provider, token: token, now: now)))
    }

    /// Waits for what an identification needs.
    ///
    /// Cancelling the task ends the wait; the credential is then verified again with what is at hand.
    public func wait(for pending: PendingAuthentication) async -> AwaitedAuthentication {
        switch pending {
        case .certificate(let question):
            return .settled(await question.provider.verify(question.certificate, now: question.now))
        case .aws(let question): return .settled(await question.provider.ask(question.token, now: question.now))
        case .keys(let error, let selection):
            _ = await tokens.refreshKeys(after: error, from: selection)
            return .again
        case .introspection(let question):
            return .settled(
                await answer(to: question).flatMap { standing in
                    do throws(IdentityError) {
                        return .success(try Self.caller(standing, question.provider))
                    } catch {
                        return .failure(error)
                    }
                })
        case .liveState(let caller, let question):
            return .settled(
                await answer(to: question).flatMap { standing in
                    switch standing {
                    case .active: .success(caller)
                    case .refused(let error): .failure(error)
                    }
                })
        }
    }

    private func answer(to question: IntrospectionQuestion) async -> Result<TokenStanding, IdentityError> {
        await question.provider.ask(about: question.token, digest: question.digest, hint: question.hint)
    }
}
