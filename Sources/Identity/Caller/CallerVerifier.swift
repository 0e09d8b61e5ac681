// SPDX-License-Identifier: Apache-2.0
public import Callout

/// Turns a credential into a caller; at once where everything is at hand.
///
/// When something outside must be asked, ``authenticate(_:in:from:now:mayWait:)`` says what; the caller awaits
/// ``wait(for:)`` and tries again.
public struct CallerVerifier: Sendable {
    /// Verifies JWTs.
    public let tokens: TokenVerifier
    /// Checks that callers hold what their credentials are bound to.
    public let possession: PossessionVerifier

    /// Makes a verifier.
    public init(tokens: TokenVerifier, possession: PossessionVerifier = PossessionVerifier()) {
        self.tokens = tokens
        self.possession = possession
    }

    /// Verifies the credential of a request with the one authenticator that it picks; never suspends.
    ///
    /// - Parameters:
    ///   - credential: What the caller presents.
    ///   - request: The request that it came with, for schemes that are bound to one.
    ///   - selection: The authenticators of the API.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    ///   - mayWait: Whether the answer may be that something outside must be waited for.
    /// - Returns: The caller, or what must be waited for.
    /// - Throws: ``IdentityError`` with the first reason not to accept the credential.
    public func authenticate(
        _ credential: Credential, in request: borrowing CalloutRequest, from selection: AuthenticatorSelection,
        now: Int64, mayWait: Bool
    ) throws(IdentityError) -> Authentication {
        switch credential {
        case .bearer(let token), .proven(let token): return try bearer(token, selection, now, mayWait)
        case .certificate: return try certificate(request, selection, now, mayWait)
        case .basic: throw .schemeNotAccepted("Basic")
        }
    }

    private func bearer(
        _ token: String, _ selection: AuthenticatorSelection, _ now: Int64, _ mayWait: Bool
    ) throws(IdentityError) -> Authentication {
        if AWSCallerProvider.recognizes(token) { return try aws(token, selection, now, mayWait) }
        guard let providers = selection.tokens else { throw .issuerNotAccepted(issuer: nil) }
        do throws(IdentityError) {
            return .caller(try tokens.verify(token, from: providers, now: now).caller)
        } catch {
            if mayWait, tokens.mayRefreshKeys(after: error, from: providers) {
                return .pending(.keys(error, providers))
            }
            throw error
        }
    }

    /// Verifies a credential and waits for whatever that needs; for tools that have no event loop.
    ///
    /// - Parameters:
    ///   - credential: What the caller presents.
    ///   - selection: The authenticators.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: The caller.
    /// - Throws: ``IdentityError`` with the first reason not to accept the credential.
    public func caller(
        of credential: Credential, from selection: AuthenticatorSelection, now: Int64
    ) async throws(IdentityError) -> AuthenticatedCaller {
        let nobody = GatewayIdentity(name: "", peer: "", authentication: .none, mayForward: false)
        let request = CalloutRequest(dialect: .decisions, gateway: nobody)
        var mayWait = 2
        while true {
            switch try authenticate(credential, in: request, from: selection, now: now, mayWait: mayWait > 0) {
            case .caller(let caller): return caller
            case .pending(let pending):
                mayWait -= 1
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
        }
    }
}
