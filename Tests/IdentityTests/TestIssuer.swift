// SPDX-License-Identifier: Apache-2.0
import Crypto
import Identity
import StrictJSON
import Synchronization

/// An issuer whose keys, document and failures the test moves, with a clock of its own.
final class TestIssuer: Sendable {
    struct Key: Sendable {
        let id: String
        let key = P256.Signing.PrivateKey()
    }

    struct State {
        var keys: [Key]
        var now: Int64 = 1_800_000_000
        var fetches = 0
        var answer: FetchedDocument?
        var events: [KeySetEvent] = []
        var gate: [CheckedContinuation<Void, Never>] = []
        var isGated = false
    }

    let issuer: String
    let state: Mutex<State>

    init(_ issuer: String = "https://idp.example.test/", keys: [String] = ["k1"]) {
        self.issuer = issuer
        state = Mutex(State(keys: keys.map { Key(id: $0) }))
    }

    var now: Int64 {
        get { state.withLock { $0.now } }
        set { state.withLock { $0.now = newValue } }
    }
    var fetches: Int { state.withLock { $0.fetches } }
    var events: [KeySetEvent] { state.withLock { $0.events } }

    var clock: KeyClock {
        KeyClock(now: { self.now }, sleep: { _ in try await Task.sleep(for: .seconds(3600)) })
    }

    func answer(with document: FetchedDocument?) { state.withLock { $0.answer = document } }
    func publish(_ keys: [Key]) { state.withLock { $0.keys = keys } }
    func openGate() {
        let waiting = state.withLock { state in
            state.isGated = false
            defer { state.gate = [] }
            return state.gate
        }
        for continuation in waiting { continuation.resume() }
    }

    func refresher(
        _ source: KeySource = .url("https://idp.example.test/jwks"), settings: KeyRefreshSettings = KeyRefreshSettings()
    ) -> KeySetRefresher {
        KeySetRefresher(
            issuer: issuer, source: source, settings: settings,
            fetcher: DocumentFetcher { url in try await self.fetch(url) }, clock: clock,
            onEvent: { event in self.state.withLock { $0.events.append(event) } })
    }

    private func fetch(_ url: String) async throws -> FetchedDocument {
        await withCheckedContinuation { continuation in
            let passes = state.withLock { state in
                state.fetches += 1
                if state.isGated { state.gate.append(continuation) }
                return !state.isGated
            }
            if passes { continuation.resume() }
        }
        if let answer = state.withLock({ $0.answer }) { return answer }
        if url.hasSuffix("openid-configuration") {
            let body: JSONValue = ["issuer": .string(issuer), "jwks_uri": "https://keys.example.test/jwks"]
            return FetchedDocument(body: body.canonicalBytes())
        }
        return FetchedDocument(body: Self.document(state.withLock { $0.keys }))
    }

    static func document(_ keys: [Key], issuer: String? = nil) -> [UInt8] {
        let entries = keys.map { entry -> JSONValue in
            let point = Array(entry.key.publicKey.rawRepresentation)
            var jwk = JSONObject()
            jwk["kty"] = "EC"
            jwk["crv"] = "P-256"
            jwk["kid"] = .string(entry.id)
            jwk["x"] = .string(Base64URL.encode(point.prefix(32)))
            jwk["y"] = .string(Base64URL.encode(point.suffix(32)))
            if let issuer { jwk["issuer"] = .string(issuer) }
            return .object(jwk)
        }
        return (["keys": .array(entries)] as JSONValue).canonicalBytes()
    }

    /// A token with exactly these claims, `exp` added.
    func token(claims: String, type: String? = "JWT") throws -> String {
        var all = try JSONValue.parse(Array(claims.utf8)).objectValue ?? JSONObject()
        all["exp"] = .number(JSONNumber(now + 300))
        let key = state.withLock { $0.keys[0] }
        var header = JSONObject()
        header["alg"] = "ES256"
        header["kid"] = .string(key.id)
        if let type { header["typ"] = .string(type) }
        let signed =
            Base64URL.encode(JSONValue.object(header).canonicalBytes()) + "."
            + Base64URL.encode(JSONValue.object(all).canonicalBytes())
        return signed + "." + Base64URL.encode(Array(try key.key.signature(for: Array(signed.utf8)).rawRepresentation))
    }

    func token(_ subject: String, key: Key? = nil, lifetime: Int64 = 300, claims: JSONObject = JSONObject()) -> String {
        let key = key ?? state.withLock { $0.keys[0] }
        var all = JSONObject()
        all["iss"] = .string(issuer)
        all["sub"] = .string(subject)
        all["aud"] = "api"
        all["exp"] = .number(JSONNumber(now + lifetime))
        for member in claims.members { all[member.key] = member.value }
        let header: JSONValue = ["alg": "ES256", "kid": .string(key.id), "typ": "at+jwt"]
        let signed =
            Base64URL.encode(header.canonicalBytes()) + "." + Base64URL.encode(JSONValue.object(all).canonicalBytes())
        let signature = (try? key.key.signature(for: Array(signed.utf8)))?.rawRepresentation
        return signed + "." + Base64URL.encode(signature.map(Array.init) ?? [])
    }

    func provider(_ name: String = "acme", _ keys: KeySetRefresher, skew: Int64 = 0) throws -> TokenProvider {
        try TokenProvider(
            ProviderConfiguration(name: name, issuer: issuer, audiences: ["api"], clockSkew: skew), keys: keys)
    }
}

extension TokenVerifier {
    static func fresh(capacity: Int = 1024) -> TokenVerifier {
        TokenVerifier(
            cache: VerifiedTokenCache(capacity: capacity),
            fingerprint: CredentialFingerprint(key: Secret([UInt8](repeating: 7, count: 32))))
    }
}
