// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON
import Synchronization

/// The token with which this service asks an issuer, by the client-credentials grant (RFC 6749, section 4.4).
///
/// Fetched when first needed, kept, and fetched again when a fifth of its life is left, at least ten seconds before its
/// end; one fetch at a time, however many wait for it.
public final class ClientTokenSource: Sendable {
    private struct State {
        var token: Secret?
        var renewAt = Int64.min
        var isFetching = false
        var fetches = 0
    }

    private static let answerLimits = JSONLimits(maximumBytes: 64 << 10, maximumDepth: 16)
    private static let longestLife: Int64 = 3600

    private let url: String
    private let scope: String?
    private let client: ClientProof
    private let poster: FormPoster
    private let state = Mutex(State())
    private let turn = Turn()

    /// Makes a source.
    ///
    /// - Parameters:
    ///   - url: The token endpoint.
    ///   - client: The client that this service is, and its proof.
    ///   - scope: The scope to ask for, if any.
    ///   - poster: Posts the form.
    public init(url: String, client: ClientProof, scope: String?, poster: FormPoster) {
        self.url = url
        self.client = client
        self.scope = scope
        self.poster = poster
    }

    /// How many tokens were asked for since the start.
    public var fetches: Int { state.withLock { $0.fetches } }

    /// The token; fetched if there is none that lasts.
    func token(now: Int64) async throws(IntrospectionFailure) -> Secret {
        if let token = current(now) { return token }
        await turn.take()
        defer { turn.give() }
        if let token = current(now) { return token }
        return try await fetch(now)
    }

    private func current(_ now: Int64) -> Secret? { state.withLock { now < $0.renewAt ? $0.token : nil } }

    /// Drops the token; returns whether there was one.
    func discard() -> Bool {
        state.withLock { state in
            defer { state.token = nil }
            return state.token != nil
        }
    }

    private func fetch(_ now: Int64) async throws(IntrospectionFailure) -> Secret {
        state.withLock { $0.fetches += 1 }
        var form = FormPoster.Form(url: url, headers: [("Accept", "application/json")])
        form.fields.append(("grant_type", "client_credentials"))
        if let scope { form.fields.append(("scope", scope)) }
        try client.apply(to: &form, now: now)
        let document: FetchedDocument
        do { document = try await poster.post(form) } catch { throw .ownCredential("`\(url)`: \(error)") }
        guard document.status == 200 else { throw .ownCredential("`\(url)` answered with status \(document.status)") }
        guard case .object(let answer)? = try? JSONValue.parse(document.body, limits: Self.answerLimits),
            let text = answer["access_token"]?.stringValue, !text.isEmpty,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .ownCredential("`\(url)` gave no access token") }
        guard answer["token_type"]?.stringValue?.equalsIgnoringASCIICase("bearer") ?? true else {
            throw .ownCredential("`\(url)` gave a token that is no bearer token")
        }
        let life = min(max(answer["expires_in"]?.int64Value ?? 60, 0), Self.longestLife)
        let token = Secret(text.utf8)
        state.withLock { state in
            state.token = token
            state.renewAt = now.addingReportingOverflow(life - max(life / 5, min(10, life))).partialValue
        }
        return token
    }
}

/// Lets one in after another; the wait is bounded by the time that each one in turn may take.
package final class Turn: Sendable {
    private struct State {
        var isTaken = false
        var waiters: [(id: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Waits for the turn.
    package func take() async {
        let id = state.withLock { state in
            state.nextID &+= 1
            return state.nextID
        }
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                state.waiters.append((id, continuation))
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// Gives the turn to the one who waits longest.
    package func give() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiters.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiters.removeFirst().continuation
        }
        next?.resume()
    }
}
