// SPDX-License-Identifier: Apache-2.0
import Callout
package import Outbound
import Synchronization

/// Identifies callers of AWS IAM: they sign a question to STS, who they are, and STS answers it.
///
/// Everything that can be checked is checked before anything is sent, and what is sent goes to the configured endpoint. A
/// signature that STS has confirmed may be used again for a short time; after that it has been used, and counts no more.
public final class AWSCallerProvider: Sendable {
    /// How the provider has fared since it was made.
    public struct Statistics: Sendable, Hashable {
        /// Signatures that had been confirmed a short while ago.
        public internal(set) var hits = 0
        /// Questions to STS.
        public internal(set) var calls = 0
        /// Questions that brought no answer.
        public internal(set) var failures = 0
    }

    private struct Confirmed: Sendable {
        let result: Result<AuthenticatedCaller, IdentityError>
        let until: Int64
    }

    private struct State {
        var confirmed: [TokenDigest: Confirmed] = [:]
        /// What STS refused, apart from the rest: whoever invents signatures displaces nobody's confirmed one.
        var refused: [TokenDigest: Confirmed] = [:]
        var statistics = Statistics()
    }

    /// What is sent to STS, and brings status and body.
    typealias Sender = @Sendable (AWSIdentityRequest) async throws -> (status: Int, body: [UInt8])

    private static let (capacity, refusedCapacity) = (16_384, 4096)
    /// For how many seconds a refusal by STS is remembered, so that it is not asked again.
    private static let refusalSeconds: Int64 = 30

    /// The settings.
    public let settings: AWSCallerSettings
    private let send: Sender
    /// Keys known here; `nil` if there are none.
    private let localKeys: AWSLocalKeys?
    private let used: ReplayMemory
    private let fingerprint: CredentialFingerprint
    private let work = SharedWork<Result<AuthenticatedCaller, IdentityError>>(limit: 256)
    private let state = Mutex(State())

    init(
        _ settings: AWSCallerSettings, fingerprint: CredentialFingerprint, localKeys: AWSLocalKeys? = nil,
        replacing former: AWSCallerProvider? = nil, send: @escaping Sender
    ) {
        self.settings = settings
        self.localKeys = localKeys
        self.send = send
        self.fingerprint = fingerprint
        used = former?.used ?? ReplayMemory(capacity: 262_144)
    }

    /// Makes a provider that asks through an outgoing client, under that client's policy.
    ///
    /// What was used at the provider that it replaces stays used.
    ///
    /// - Throws: `OutboundError` if the endpoint is not a URL.
    package convenience init(
        _ settings: AWSCallerSettings, fingerprint: CredentialFingerprint, fetcher: HTTPFetcher,
        localKeys: AWSLocalKeys? = nil, replacing former: AWSCallerProvider? = nil
    ) throws(OutboundError) {
        let base = settings.endpoint.hasSuffix("/") ? String(settings.endpoint.dropLast()) : settings.endpoint
        _ = try OutboundURL(base)
        let host = settings.signedHost
        self.init(settings, fingerprint: fingerprint, localKeys: localKeys, replacing: former) { request in
            var outgoing = OutboundRequest(
                request.method == "POST" ? .post : .get, try OutboundURL(base + request.target),
                headers: request.headers, body: request.body)
            outgoing.host = host
            let answer = try await fetcher.fetch(outgoing)
            return (answer.status, answer.body)
        }
    }

    /// Hits, questions and failures so far.
    public var statistics: Statistics { state.withLock(\.statistics) }

    /// Forgets what STS said; signatures that were used stay used.
    package func forgetAnswers() {
        state.withLock { state in (state.confirmed, state.refused) = ([:], [:]) }
    }

    /// Whether a bearer token is one for this kind of provider.
    static func recognizes(_ token: String) -> Bool { AWSIdentityRequest.isOne(token) }

    /// The caller of a signature that was confirmed a short while ago, or `nil` if STS must be asked.
    ///
    /// Never suspends.
    func caller(_ token: String, now: Int64) throws(IdentityError) -> AuthenticatedCaller? {
        let digest = TokenDigest(of: token.utf8Span.span)
        let known = state.withLock { state -> Confirmed? in
            guard let known = state.confirmed[digest] ?? state.refused[digest], now < known.until else { return nil }
            state.statistics.hits &+= 1
            return known
        }
        if let known { return try known.result.get() }
        // What can be refused at once is not waited for.
        do throws(AWSIdentityRequest.Defect) {
            _ = try AWSIdentityRequest(token, settings, now: now)
        } catch {
            throw .awsSignatureNotAccepted(error.rawValue)
        }
        return nil
    }

    // MARK: What a gateway verified

    /// Whether a gateway that may do so says whose signature it verified.
    func isForwarded(in request: borrowing CalloutRequest) -> Bool {
        guard let forwarded = settings.forwarded, request.gateway.mayForward else { return false }
        return !request.headerValues(forwarded.header).isEmpty
    }

    /// The caller of a request whose signature the gateway verified.
    func forwarded(in request: borrowing CalloutRequest, now: Int64) throws(IdentityError) -> AuthenticatedCaller {
        if let localKeys, !isForwarded(in: request) { return try signed(in: request, by: localKeys, now: now) }
        guard let forwarded = settings.forwarded, request.gateway.mayForward else {
            throw .schemeNotAccepted("AWS4-HMAC-SHA256")
        }
        let values = request.headerValues(forwarded.header)
        guard values.count == 1, let name = Self.name(values[0], forwarded) else {
            throw .awsSignatureNotAccepted("the gateway does not say whose it is")
        }
        guard settings.accepts(name) else { throw .awsPrincipalNotAccepted(arn: name.text) }
        let said = "\(request.gateway.name)\n\(values[0])"
        let digest = TokenDigest(of: said.utf8Span.span)
        if let known = state.withLock({ $0.confirmed[digest] }), now < known.until { return try known.result.get() }
        var evidence = CallerEvidence(.awsIAM, fingerprint: fingerprint.text(of: said))
        evidence.issuer = request.gateway.name
        let caller = AuthenticatedCaller(
            principal: name.principal(provider: settings.name), evidence: evidence,
            marks: RevocationMarks(issuer: settings.name, subject: name.text, client: name.role), digest: digest)
        // Only to spare the work of preparing it again: the gateway has verified this request anyway.
        keep(.success(caller), digest, until: now + 60, now)
        return caller
    }

    // MARK: What is verified here

    /// The caller who signed a request with a key that is known here.
    private func signed(
        in request: borrowing CalloutRequest, by keys: AWSLocalKeys, now: Int64
    ) throws(IdentityError) -> AuthenticatedCaller {
        let signed: AWSSignedRequest
        do throws(AWSSignedRequest.Defect) {
            signed = try AWSSignedRequest(request, settings, now: now)
        } catch {
            throw .awsSignatureNotAccepted(error.rawValue)
        }
        let (known, credentials) = keys.key(signed.accessKeyID)
        guard signed.isValid(credentials), let known else {
            throw .awsSignatureNotAccepted("the signature is not that of a key known here")
        }
        guard settings.accepts(known.name) else { throw .awsPrincipalNotAccepted(arn: known.name.text) }
        // The signature was verified for this very request; what is kept says only that it was used a short while ago.
        let said = "request\n\(signed.accessKeyID)\n\(signed.signature)"
        let digest = TokenDigest(of: said.utf8Span.span)
        if let before = state.withLock({ $0.confirmed[digest] }), now < before.until { return try before.result.get() }
        switch used.use(signed.signature, of: signed.accessKeyID, until: signed.endsAt, now: now) {
        case .first: break
        case .repeated: throw .awsReplayed
        case .full: throw .awsUnavailable(provider: settings.name, "too many signatures are remembered")
        }
        var evidence = CallerEvidence(.awsIAM, fingerprint: fingerprint.text(of: said))
        evidence.issuer = settings.name
        evidence.algorithm = "AWS4-HMAC-SHA256"
        evidence.keyID = signed.accessKeyID
        evidence.expiresAt = signed.endsAt
        let caller = AuthenticatedCaller(
            principal: known.name.principal(provider: settings.name), evidence: evidence,
            marks: RevocationMarks(
                issuer: settings.name, subject: known.name.text, client: known.name.role, tokenID: signed.accessKeyID),
            digest: digest)
        if settings.reuse > 0 { keep(.success(caller), digest, until: now + settings.reuse, now) }
        return caller
    }

    /// The resource name in what a gateway says.
    private static func name(_ value: String, _ form: AWSCallerSettings.ForwardedIdentity) -> AWSPrincipalName? {
        switch form {
        case .name: return AWSPrincipalName(value)
        case .lattice:
            var fields: [String: String] = [:]
            for part in value.split(separator: ";") {
                let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1).map(String.init)
                guard pair.count == 2, fields.updateValue(pair[1], forKey: pair[0]) == nil else { return nil }
            }
            guard fields["Type"] == nil || fields["Type"] == "AWS_IAM" else { return nil }
            return fields["Principal"].flatMap { AWSPrincipalName($0) }
        }
    }

    // MARK: Asking STS

    /// Asks STS about a signature, once however many wait.
    func ask(_ token: String, now: Int64) async -> Result<AuthenticatedCaller, IdentityError> {
        let digest = TokenDigest(of: token.utf8Span.span)
        let outcome = await work.value(for: digest) { await self.answer(token, digest, now) }
        switch outcome {
        case .done(let result): return result
        case .overloaded: return .failure(.awsUnavailable(provider: settings.name, "too many questions are under way"))
        case .cancelled: return .failure(.awsUnavailable(provider: settings.name, "no answer in time"))
        }
    }

    /// `nil` if the task was cancelled before there was an answer.
    private func answer(
        _ token: String, _ digest: TokenDigest, _ now: Int64
    ) async -> Result<AuthenticatedCaller, IdentityError>? {
        let request: AWSIdentityRequest
        do throws(AWSIdentityRequest.Defect) {
            request = try AWSIdentityRequest(token, settings, now: now)
        } catch {
            return .failure(.awsSignatureNotAccepted(error.rawValue))
        }
        // Between the look at the cache and now another may have asked.
        do { if let known = try caller(token, now: now) { return .success(known) } } catch { return .failure(error) }
        switch used.use(request.signature, of: request.accessKeyID, until: request.endsAt, now: now) {
        case .first: break
        case .repeated: return .failure(.awsReplayed)
        case .full: return .failure(.awsUnavailable(provider: settings.name, "too many signatures are remembered"))
        }
        state.withLock { $0.statistics.calls &+= 1 }
        let answer: (status: Int, body: [UInt8])
        do {
            answer = try await send(request)
        } catch {
            // Nothing was confirmed: the same signature may be tried again.
            used.forget(request.signature, of: request.accessKeyID)
            if Task.isCancelled { return nil }
            state.withLock { $0.statistics.failures &+= 1 }
            return .failure(.awsUnavailable(provider: settings.name, "\(error)"))
        }
        return settle(answer, request, token, digest, now)
    }

    private func settle(
        _ answer: (status: Int, body: [UInt8]), _ request: AWSIdentityRequest, _ token: String, _ digest: TokenDigest,
        _ now: Int64
    ) -> Result<AuthenticatedCaller, IdentityError> {
        switch answer.status {
        case 200: break
        case 400, 401, 403:
            // What was never confirmed was never used, and takes no room among what was.
            used.forget(request.signature, of: request.accessKeyID)
            return refuse(.awsSignatureNotAccepted("STS answered \(answer.status)"), digest, now)
        default:
            used.forget(request.signature, of: request.accessKeyID)
            state.withLock { $0.statistics.failures &+= 1 }
            return .failure(.awsUnavailable(provider: settings.name, "STS answered \(answer.status)"))
        }
        guard let said = CallerIdentityAnswer(answer.body), let name = AWSPrincipalName(said.arn),
            name.account == said.account
        else {
            state.withLock { $0.statistics.failures &+= 1 }
            return .failure(.awsUnavailable(provider: settings.name, "the answer of STS cannot be read"))
        }
        guard settings.accepts(name) else {
            return refuse(.awsPrincipalNotAccepted(arn: name.text), digest, now)
        }
        let caller = caller(name, request, token, digest)
        if settings.reuse > 0 { keep(.success(caller), digest, until: now + settings.reuse, now) }
        return .success(caller)
    }

    private func refuse(
        _ error: IdentityError, _ digest: TokenDigest, _ now: Int64
    ) -> Result<AuthenticatedCaller, IdentityError> {
        state.withLock { state in
            if state.refused.count >= Self.refusedCapacity {
                state.refused = state.refused.filter { now < $0.value.until }
            }
            guard state.refused.count < Self.refusedCapacity else { return }
            state.refused[digest] = Confirmed(result: .failure(error), until: now + Self.refusalSeconds)
        }
        return .failure(error)
    }

    private func caller(
        _ name: AWSPrincipalName, _ request: AWSIdentityRequest, _ token: String, _ digest: TokenDigest
    ) -> AuthenticatedCaller {
        var evidence = CallerEvidence(.awsIAM, fingerprint: fingerprint.text(of: token))
        evidence.issuer = "sts"
        evidence.algorithm = "AWS4-HMAC-SHA256"
        evidence.keyID = request.accessKeyID
        evidence.expiresAt = request.endsAt
        return AuthenticatedCaller(
            principal: name.principal(provider: settings.name), evidence: evidence,
            marks: RevocationMarks(
                issuer: settings.name, subject: name.text, client: name.role, tokenID: request.accessKeyID),
            digest: digest)
    }

    private func keep(
        _ result: Result<AuthenticatedCaller, IdentityError>, _ digest: TokenDigest, until: Int64, _ now: Int64
    ) {
        state.withLock { state in
            if state.confirmed.count >= Self.capacity {
                state.confirmed = state.confirmed.filter { now < $0.value.until }
                if state.confirmed.count >= Self.capacity, let any = state.confirmed.keys.first {
                    state.confirmed[any] = nil
                }
            }
            state.confirmed[digest] = Confirmed(result: result, until: until)
        }
    }
}
