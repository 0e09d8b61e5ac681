// SPDX-License-Identifier: Apache-2.0
import Callout
public import ServiceLifecycle
import StrictJSON
import Synchronization

/// Asks one issuer about tokens (RFC 7662), each at most once at a time, and keeps what it says for a short while.
///
/// However many wait for one token, one question is asked, and it is the service's own: a caller that leaves ends its
/// wait, not the question. "Active" counts no longer than the token and at most 60 s; whatever keeps the issuer from
/// answering refuses, and is never remembered as an answer.
public final class IntrospectionProvider: Service, Sendable {
    /// How the provider has fared since it was made.
    public struct Statistics: Sendable, Hashable {
        /// Look-ups that found an answer at hand.
        public internal(set) var hits = 0
        /// Questions asked.
        public internal(set) var calls = 0
        /// Questions whose answer was that the token is active and acceptable.
        public internal(set) var active = 0
        /// Questions whose answer was that it is not.
        public internal(set) var refused = 0
        /// Questions without a usable answer.
        public internal(set) var failures = 0
        /// Look-ups refused because too many waited.
        public internal(set) var overloads = 0
        /// Questions under way, those that wait for their turn included.
        public internal(set) var underway = 0
        /// The greatest age of an answer that was used since the last time this was asked, in milliseconds.
        public internal(set) var oldestServed: Int64 = 0
        /// Why the last question failed; `nil` if it did not.
        public internal(set) var failure: IntrospectionFailure?
    }

    private struct Question: Sendable {
        let token: Secret
        let digest: TokenDigest
        let fingerprint: String
        let hint: String
    }

    private typealias Outcome = Result<TokenStanding, IdentityError>

    private struct State {
        var statistics = Statistics()
        var isRunning = false
        var queue: [Question] = []
        var active = 0
        /// Who waits for the answer about each token.
        var waiters: [TokenDigest: [UInt64: CheckedContinuation<Outcome?, Never>]] = [:]
        var nextWaiter: UInt64 = 0
        var failuresInARow = 0
        /// On the clock that never steps, in milliseconds.
        var restsUntil = Int64.min
    }

    /// After so many failures in a row the issuer is left alone for ``rest`` milliseconds.
    private static let patience = 5
    private static let rest: Int64 = 1000

    /// The settings.
    public let settings: IntrospectionSettings
    private let authentication: ClientAuthentication
    private let signed: SignedAnswers?
    /// Whether answers become callers; otherwise only the state of tokens counts that were verified as JWTs.
    private let makesCallers: Bool
    private let poster: FormPoster
    private let fingerprint: CredentialFingerprint
    private let clock: IntrospectionClock
    private let cache: StandingCache
    private let state = Mutex(State())
    private let wakeups: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation

    /// Makes a provider that has asked nothing yet.
    ///
    /// - Parameters:
    ///   - settings: Whom to ask, and what counts.
    ///   - authentication: How this service may ask.
    ///   - signed: How signed answers are verified (RFC 9701); `nil` to take plain ones.
    ///   - makesCallers: Whether answers become callers, rather than only the state of verified JWTs.
    ///   - poster: Posts the questions.
    ///   - fingerprint: Names tokens in the cache and in records.
    ///   - clock: The time.
    public init(
        _ settings: IntrospectionSettings, authentication: ClientAuthentication, signed: SignedAnswers? = nil,
        makesCallers: Bool = true, poster: FormPoster, fingerprint: CredentialFingerprint,
        clock: IntrospectionClock = .system
    ) {
        self.settings = settings
        self.authentication = authentication
        self.signed = signed
        self.makesCallers = makesCallers
        self.poster = poster
        self.fingerprint = fingerprint
        self.clock = clock
        cache = StandingCache()
        (wakeups, wakeup) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Hits, questions and failures so far; asking for them begins a new measurement of the oldest answer used.
    public var statistics: Statistics {
        state.withLock { state in
            defer { state.statistics.oldestServed = 0 }
            return state.statistics
        }
    }

    /// Whether questions are asked by the service, rather than by those who wait.
    public var isRunning: Bool { state.withLock { $0.isRunning } }

    // MARK: At once

    /// What is at hand about a token; `nil` if the issuer must be asked.
    func standing(of digest: TokenDigest, now: Int64) -> TokenStanding? {
        let moment = clock.milliseconds()
        guard let entry = entry(digest, at: moment, now: now) else { return nil }
        state.withLock { state in
            state.statistics.hits &+= 1
            state.statistics.oldestServed = max(state.statistics.oldestServed, moment - entry.storedAt)
        }
        return entry.standing
    }

    private func entry(_ digest: TokenDigest, at moment: Int64, now: Int64) -> StandingCache.Entry? {
        guard let entry = cache.entry(digest, at: moment) else { return nil }
        if case .active(_, let expiresAt?) = entry.standing, now >= expiresAt { return nil }
        return entry
    }

    /// The keyed hash by which a token is found again; a pair of HTTP Basic is never found as a token, nor a token as one.
    func digest(of token: String, isBasic: Bool = false) -> TokenDigest {
        isBasic ? fingerprint.digest(ofBasic: token) : fingerprint.digest(of: token)
    }

    /// Forgets everything that was said, so that it is asked again: after a revocation.
    public func forgetAnswers() { cache.removeAll() }

    // MARK: Asking

    /// Asks about a token, or waits for the answer to a question that is under way.
    ///
    /// Cancelling the task ends the wait alone.
    func ask(
        about token: String, digest: TokenDigest, hint: String
    ) async -> Result<TokenStanding, IdentityError> {
        let (id, isRunning) = state.withLock { state in
            state.nextWaiter &+= 1
            return (state.nextWaiter, state.isRunning)
        }
        let question = {
            Question(
                token: Secret(token.utf8), digest: digest, fingerprint: self.fingerprint.text(of: token), hint: hint)
        }
        // Without a running service, as in tools, the one who asks does so himself.
        guard isRunning else { return await outcome(of: question()) }
        return await wait(id, digest, question)
    }

    private func wait(_ id: UInt64, _ digest: TokenDigest, _ question: () -> Question) async -> Outcome {
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Outcome?, Never>) in
                let refusal = state.withLock { state -> Outcome?? in
                    if Task.isCancelled { return .some(nil) }
                    if state.waiters[digest] != nil {
                        state.waiters[digest]?[id] = continuation
                        return nil
                    }
                    // Between the look at the cache and now another may have been answered.
                    if let said = entry(digest, at: clock.milliseconds(), now: clock.now()) {
                        return .some(.success(said.standing))
                    }
                    guard state.queue.count < settings.backlog else {
                        state.statistics.overloads &+= 1
                        return .failure(.introspectionOverloaded(issuer: settings.label))
                    }
                    state.waiters[digest] = [id: continuation]
                    state.queue.append(question())
                    state.statistics.underway += 1
                    return nil
                }
                if let refusal { continuation.resume(returning: refusal) } else { wakeup.yield() }
            }
        } onCancel: {
            state.withLock { $0.waiters[digest]?.removeValue(forKey: id) }?.resume(returning: nil)
        }
        return outcome ?? .failure(.introspection(issuer: settings.label, .notAnswered))
    }

    /// Asks what is queued, a bounded number of questions at once, until the service group shuts down.
    public func run() async throws {
        state.withLock { $0.isRunning = true }
        defer { stop() }
        await withDiscardingTaskGroup { group in
            if let signed { group.addTask { try? await signed.keys.run() } }
            for await _ in wakeups.cancelOnGracefulShutdown() {
                while let question = next() {
                    group.addTask {
                        let outcome = await self.outcome(of: question)
                        self.settle(question, outcome)
                        self.wakeup.yield()
                    }
                }
            }
            group.cancelAll()
        }
    }

    private func next() -> Question? {
        state.withLock { state in
            guard state.active < settings.concurrency, !state.queue.isEmpty else { return nil }
            state.active += 1
            return state.queue.removeFirst()
        }
    }

    private func settle(_ question: Question, _ outcome: Outcome) {
        let waiters = state.withLock { state in
            state.active -= 1
            state.statistics.underway -= 1
            return state.waiters.removeValue(forKey: question.digest)
        }
        for waiter in (waiters ?? [:]).values { waiter.resume(returning: outcome) }
    }

    private func stop() {
        let waiters = state.withLock { state in
            state.isRunning = false
            state.queue = []
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values.flatMap(\.values) { waiter.resume(returning: nil) }
    }

    // MARK: The answer

    private func outcome(of question: Question) async -> Outcome {
        let moment = clock.milliseconds()
        guard state.withLock({ moment >= $0.restsUntil }) else {
            return .failure(.introspection(issuer: settings.label, .resting))
        }
        state.withLock { $0.statistics.calls &+= 1 }
        let members: JSONObject?
        do throws(IntrospectionFailure) {
            members = try await answer(to: question)
        } catch {
            note(failure: error)
            return .failure(.introspection(issuer: settings.label, error))
        }
        let standing = standing(members, question)
        note(standing)
        keep(standing, question, askedAt: moment)
        return .success(standing)
    }

    /// The members of the issuer's answer; `nil` if the token is not active.
    private func answer(to question: Question) async throws(IntrospectionFailure) -> JSONObject? {
        var document = try await post(question)
        if document.status == 401, authentication.discardToken() { document = try await post(question) }
        switch document.status {
        case 200: break
        case 401, 403: throw .refused(status: document.status)
        default: throw .status(document.status)
        }
        if let signed { return try await signed.members(of: document, now: clock.now()) }
        return try IntrospectionAnswer.members(of: document.body)
    }

    private func post(_ question: Question) async throws(IntrospectionFailure) -> FetchedDocument {
        let accepted = signed == nil ? "application/json" : SignedAnswers.mediaType
        var form = FormPoster.Form(url: settings.url, headers: [("Accept", accepted)])
        form.fields.append(("token", question.token.withBytes { String(decoding: $0, as: UTF8.self) }))
        form.fields.append(("token_type_hint", question.hint))
        try await authentication.apply(to: &form, now: clock.now())
        do { return try await poster.post(form) } catch { throw .unreachable("\(error)") }
    }

    private func standing(_ members: JSONObject?, _ question: Question) -> TokenStanding {
        guard let members else { return .refused(.tokenInactive(issuer: settings.label)) }
        do throws(IdentityError) {
            let answer = try IntrospectionAnswer(members, settings, now: clock.now())
            return .active(try makesCallers ? caller(answer, question) : nil, expiresAt: answer.expiresAt)
        } catch {
            return .refused(error)
        }
    }

    private func caller(
        _ answer: IntrospectionAnswer, _ question: Question
    ) throws(IdentityError) -> AuthenticatedCaller {
        let issuer = answer.members["iss"]?.stringValue ?? settings.issuer ?? ""
        let principal = try settings.mapping.principal(
            provider: settings.name, issuer: issuer, claims: answer.members)
        var evidence = CallerEvidence(.introspection, fingerprint: question.fingerprint)
        evidence.issuer = issuer
        evidence.audiences = answer.audiences
        evidence.expiresAt = answer.expiresAt
        evidence.authenticationContext = answer.members["acr"]?.stringValue
        evidence.authenticationMethods = StatementRules.names(answer.members["amr"])
        let marks = RevocationMarks(
            issuer: settings.label, claims: answer.members, client: settings.mapping.client(of: answer.members))
        return AuthenticatedCaller(
            principal: principal, evidence: evidence, marks: marks, digest: question.digest,
            binding: try TokenBinding(claims: answer.members, isRequired: false))
    }

    /// Keeps an answer from the moment that it was asked for: what happened since may not be in it.
    private func keep(_ standing: TokenStanding, _ question: Question, askedAt: Int64) {
        let seconds: Int64 =
            switch standing {
            case .active: settings.cache
            case .refused: settings.negativeCache
            }
        guard seconds > 0 else { return }
        cache.insert(
            StandingCache.Entry(
                digest: question.digest, standing: standing, storedAt: askedAt,
                usableUntil: askedAt.addingReportingOverflow(seconds * 1000).partialValue))
    }

    private func note(failure: IntrospectionFailure) {
        let now = clock.milliseconds()
        state.withLock { state in
            state.statistics.failures &+= 1
            state.statistics.failure = failure
            state.failuresInARow += 1
            guard state.failuresInARow >= Self.patience else { return }
            state.restsUntil = now.addingReportingOverflow(Self.rest).partialValue
            state.failuresInARow = Self.patience - 1
        }
    }

    private func note(_ standing: TokenStanding) {
        state.withLock { state in
            state.failuresInARow = 0
            state.statistics.failure = nil
            switch standing {
            case .active: state.statistics.active &+= 1
            case .refused: state.statistics.refused &+= 1
            }
        }
    }
}
