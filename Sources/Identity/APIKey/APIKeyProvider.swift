// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON
import Synchronization

/// Identifies callers by API keys of one store; the store can be replaced whole at any time.
public final class APIKeyProvider: Sendable {
    private struct State {
        var store: APIKeyStore
        /// Counts the stores, so that nothing read from one is kept under another.
        var revision = 0
        /// By public id; made when the key is first used, void with the next store.
        var callers: [String: AuthenticatedCaller] = [:]
        /// When keys were last used, in Unix seconds, by public id with prefix.
        var uses: [String: Int64] = [:]
        var hasNewUses = false
    }

    /// Uses that follow one another within this many seconds are one.
    private static let useInterval: Int64 = 60

    /// The name in the configuration; part of every principal's entity id.
    public let name: String
    private let fingerprint: CredentialFingerprint
    private let state: Mutex<State>

    /// Makes a provider.
    public init(name: String, store: APIKeyStore, fingerprint: CredentialFingerprint) {
        self.name = name
        self.fingerprint = fingerprint
        state = Mutex(State(store: store))
    }

    /// Whether a bearer token is an API key, known or not.
    static func recognizes(_ token: String) -> Bool { token.hasPrefix(APIKey.prefix) }

    /// Replaces the store; keys that are in use by then are looked up anew.
    public func replace(_ store: APIKeyStore) {
        state.withLock { state in
            state.store = store
            state.revision &+= 1
            state.callers = [:]
        }
    }

    /// The number of keys.
    public var count: Int { state.withLock { $0.store.count } }

    /// When keys were last used, if that has changed since the last time this was asked.
    public func takeUses() -> [String: Int64]? {
        state.withLock { state in
            guard state.hasNewUses else { return nil }
            state.hasNewUses = false
            return state.uses
        }
    }

    func caller(_ presented: String, now: Int64) throws(IdentityError) -> AuthenticatedCaller {
        // The store is a value: matching happens outside of the lock.
        let (store, revision) = state.withLock { ($0.store, $0.revision) }
        let match = try store.match(presented, now: now)
        let known = state.withLock { state -> AuthenticatedCaller? in
            let last = state.uses[match.id] ?? .min
            if last.addingReportingOverflow(Self.useInterval).partialValue <= now || last == .min {
                state.uses[match.id] = now
                state.hasNewUses = true
            }
            return state.revision == revision ? state.callers[match.id] : nil
        }
        let digest = fingerprint.digest(of: presented)
        if let known, known.digest == digest { return known }
        let made = caller(match, digest)
        state.withLock { if $0.revision == revision { $0.callers[match.id] = made } }
        return made
    }

    private func caller(_ match: APIKeyStore.Match, _ digest: TokenDigest) -> AuthenticatedCaller {
        var attributes = JSONObject()
        attributes["key_id"] = .string(match.id)
        attributes["owner"] = .string(match.owner)
        let principal = Principal(
            kind: .client, provider: name, id: match.owner, scopes: match.scopes, attributes: attributes)
        var evidence = CallerEvidence(.apiKey, fingerprint: fingerprint.text(of: digest))
        evidence.keyID = match.id
        evidence.expiresAt = match.expiresAt
        let marks = RevocationMarks(
            issuer: name, client: match.owner, tokenID: match.id, issuedAt: match.createdAt)
        return AuthenticatedCaller(principal: principal, evidence: evidence, marks: marks, digest: digest)
    }
}
