// SPDX-License-Identifier: Apache-2.0
import Callout
import Crypto
import StrictJSON
import Synchronization
import Testing

@testable import Identity

@Suite("Introspection: RFC 7662, RFC 9701")
struct IntrospectionTests {
    /// An issuer whose answers and clock the test moves.
    private final class Endpoint: Sendable {
        struct State {
            var now: Int64 = 1_800_000_000
            var milliseconds: Int64 = 1_000_000
            var answer: @Sendable (FormPoster.Form) -> FetchedDocument = { _ in
                FetchedDocument(body: Array(#"{"active":false}"#.utf8))
            }
            var forms: [FormPoster.Form] = []
            /// Answers that wait until the gate is opened; `nil` while it is open.
            var gate: [CheckedContinuation<Void, Never>]?
            var underway = 0
            var mostUnderway = 0
        }

        let state = Mutex(State())

        var forms: [FormPoster.Form] { state.withLock { $0.forms } }

        func answer(_ answer: @escaping @Sendable (FormPoster.Form) -> FetchedDocument) {
            state.withLock { $0.answer = answer }
        }

        func answer(_ json: String, status: Int = 200) {
            answer { _ in FetchedDocument(status: status, body: Array(json.utf8)) }
        }

        func closeGate() { state.withLock { $0.gate = [] } }

        func openGate() {
            let waiting = state.withLock { state in
                defer { state.gate = nil }
                return state.gate ?? []
            }
            for continuation in waiting { continuation.resume() }
        }

        func advance(_ seconds: Int64) {
            state.withLock { state in
                state.now += seconds
                state.milliseconds += seconds * 1000
            }
        }

        var poster: FormPoster {
            FormPoster { form in
                defer { self.state.withLock { $0.underway -= 1 } }
                await withCheckedContinuation { continuation in
                    let passes = self.state.withLock { state in
                        state.forms.append(form)
                        state.underway += 1
                        state.mostUnderway = max(state.mostUnderway, state.underway)
                        state.gate?.append(continuation)
                        return state.gate == nil
                    }
                    if passes { continuation.resume() }
                }
                return self.state.withLock { $0.answer }(form)
            }
        }

        var clock: IntrospectionClock {
            IntrospectionClock(
                now: { self.state.withLock { $0.now } }, milliseconds: { self.state.withLock { $0.milliseconds } })
        }
    }

    private static let fingerprint = CredentialFingerprint(key: Secret([UInt8](repeating: 7, count: 32)))
    private let endpoint = Endpoint()
    private let verifier = CallerVerifier(tokens: .fresh())

    private func provider(
        _ change: (inout IntrospectionSettings) -> Void = { _ in }, authentication: ClientAuthentication? = nil,
        signed: SignedAnswers? = nil
    ) -> IntrospectionProvider {
        var settings = IntrospectionSettings(name: "legacy", url: "https://idp.example.test/introspect")
        change(&settings)
        return IntrospectionProvider(
            settings,
            authentication: authentication ?? .client(.basic(clientID: "a p:i", Secret("s+cret/ü".utf8))),
            signed: signed, poster: endpoint.poster, fingerprint: Self.fingerprint, clock: endpoint.clock)
    }

    private func caller(_ token: String, _ provider: IntrospectionProvider) async throws -> AuthenticatedCaller {
        let selection = try AuthenticatorSelection([.introspection(provider)])
        return try await verifier.caller(
            of: .bearer(token), from: selection, now: endpoint.state.withLock { $0.now })
    }

    private func refuses(
        _ code: ReasonCode, _ provider: IntrospectionProvider,
        _ location: SourceLocation = #_sourceLocation
    ) async {
        do {
            _ = try await caller("opaque", provider)
            Issue.record("accepted", sourceLocation: location)
        } catch {
            #expect((error as? IdentityError)?.code == code, "\(error)", sourceLocation: location)
        }
    }

    private func active(_ rest: String) -> String { #"{"active":true,"sub":"alice","client_id":"web"\#(rest)}"# }

    // MARK: Answers

    @Test("an active token becomes a caller with the answer's members; nulls and fractions are taken as they come")
    func accepts() async throws {
        endpoint.answer(
            active(
                #","scope":"orders.read x","username":null,"exp":1800000010.891772,"iat":1799999990.5,"jti":"j","sid":"s""#
                    + #","aud":["orders"],"iss":"https://idp.example.test","token_type":"Bearer""#))
        let found = try await caller("opaque-1", provider { $0.audiences = ["orders"] })
        #expect(
            found.principal.entityText == #"User::"legacy/alice""# && found.principal.scopes == ["orders.read", "x"])
        #expect(found.evidence.scheme == .introspection && found.evidence.expiresAt == 1_800_000_011)
        #expect(found.evidence.fingerprint == Self.fingerprint.text(of: "opaque-1"))
        #expect(found.marks.tokenID == "j" && found.marks.session == "s" && found.marks.issuedAt == 1_799_999_990)
        let form = try #require(endpoint.forms.first)
        #expect(String(decoding: form.body, as: UTF8.self) == "token=opaque-1&token_type_hint=access_token")
        // RFC 6749, section 2.3.1: id and secret are form-encoded before they become a pair.
        let pair = "Basic YSUyMHAlM0FpOnMlMkJjcmV0JTJGJUMzJUJD"
        #expect(form.headers.contains { $0.name == "Authorization" && $0.value == pair })
    }

    @Test(
        "what is not exactly active, or meant for somebody else, is refused",
        arguments: [
            (#"{"active":false}"#, ReasonCode.tokenInactive), (#"{"active":"true","sub":"a"}"#, .idpUnavailable),
            (#"{"active":1,"sub":"a"}"#, .idpUnavailable), (#"{"sub":"a"}"#, .idpUnavailable),
            (#"[{"active":true}]"#, .idpUnavailable), (#"{"active":true,"active":false}"#, .idpUnavailable),
            ("<html>", .idpUnavailable), ("", .idpUnavailable),
            (#"{"active":true,"sub":"a","iss":"https://other","aud":"orders"}"#, .tokenIssuer),
            (#"{"active":true,"sub":"a","aud":"payments"}"#, .tokenAudience),
            (#"{"active":true,"sub":"a"}"#, .tokenAudience),
            (#"{"active":true,"sub":"a","aud":"orders","scope":"write"}"#, .scopeMissing),
            (#"{"active":true,"sub":"a","aud":"orders","scope":"read","exp":1799999900}"#, .tokenExpired),
            (#"{"active":true,"sub":"a","aud":"orders","scope":"read","exp":"soon"}"#, .tokenClaims),
            (#"{"active":true,"sub":"a","aud":"orders","scope":"read","nbf":1800000900}"#, .tokenNotYetValid),
            (#"{"active":true,"sub":"a","aud":"orders","scope":"read","token_type":"refresh_token"}"#, .tokenType),
            (#"{"active":true,"aud":"orders","scope":"read"}"#, .tokenClaims),
        ]
    )
    func answers(answer: String, code: ReasonCode) async {
        endpoint.answer(answer)
        await refuses(
            code,
            provider { settings in
                settings.issuer = "https://idp.example.test"
                settings.audiences = ["orders"]
                settings.requiredScopes = ["read"]
            })
    }

    @Test("an issuer that fails refuses, is not remembered as an answer, and is left alone after five failures")
    func failures() async throws {
        let provider = provider()
        for status in [401, 403, 500, 302, 204] {
            endpoint.answer(active(""), status: status)
            await refuses(.idpUnavailable, provider)
        }
        #expect(endpoint.forms.count == 5 && provider.statistics.failures == 5)
        endpoint.answer(active(""))
        await refuses(.idpUnavailable, provider)
        #expect(endpoint.forms.count == 5)
        endpoint.advance(2)
        #expect(try await caller("opaque", provider).principal.id == "alice")
        #expect(provider.statistics.failure == nil)
    }

    // MARK: Cache

    @Test("active is kept for its time, never past exp; inactive for a shorter one")
    func cache() async throws {
        let provider = provider { $0.cache = 30 }
        endpoint.answer(active(#","exp":1800000020"#))
        for _ in 0..<5 { _ = try await caller("opaque", provider) }
        #expect(endpoint.forms.count == 1 && provider.statistics.hits == 4)
        endpoint.advance(19)
        _ = try await caller("opaque", provider)
        #expect(endpoint.forms.count == 1 && provider.statistics.oldestServed == 19_000)
        endpoint.answer(#"{"active":false}"#)
        endpoint.advance(1)
        await refuses(.tokenInactive, provider)
        await refuses(.tokenInactive, provider)
        #expect(endpoint.forms.count == 2)
        endpoint.advance(5)
        await refuses(.tokenInactive, provider)
        #expect(endpoint.forms.count == 3)
        endpoint.answer(active(""))
        endpoint.advance(5)
        _ = try await caller("opaque", provider)
        endpoint.advance(29)
        _ = try await caller("opaque", provider)
        #expect(endpoint.forms.count == 4)
        endpoint.advance(1)
        _ = try await caller("opaque", provider)
        #expect(endpoint.forms.count == 5)
        #expect(IntrospectionSettings(name: "x", url: "y", cache: 3600).cache == 60)
    }

    @Test("a wall clock that is set back extends nothing")
    func clockStep() async throws {
        let provider = provider { $0.cache = 30 }
        endpoint.answer(active(""))
        _ = try await caller("opaque", provider)
        endpoint.state.withLock { state in
            state.now -= 3600
            state.milliseconds += 30_000
        }
        _ = try await caller("opaque", provider)
        #expect(endpoint.forms.count == 2)
    }

    @Test("two tokens never share an answer: 10^5 pairs, half of which differ in one place")
    func noSharing() async throws {
        let provider = provider { $0.cache = 60 }
        endpoint.answer { form in
            let token = form.fields.first { $0.name == "token" }?.value ?? ""
            return FetchedDocument(body: Array(#"{"active":true,"sub":"\#(token)"}"#.utf8))
        }
        let selection = try AuthenticatorSelection([.introspection(provider)])
        var generator = SplitMix(state: 31)
        let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~".utf8)
        // 226 tokens that share all but one place with the first, and as many that share nothing: 102,152 pairs.
        let stem = (0..<226).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
        var tokens = (0..<226).map { place in
            var twin = stem
            twin[place] = twin[place] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
            return String(decoding: twin, as: UTF8.self)
        }
        for _ in 0..<226 {
            let bytes = (0..<24).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            tokens.append(String(decoding: bytes, as: UTF8.self))
        }
        // Each is asked about once and looked up twice, all others being at hand.
        for _ in 0..<3 {
            for token in tokens {
                let found = try await verifier.caller(of: .bearer(token), from: selection, now: 1_800_000_000)
                #expect(found.principal.id == token)
            }
        }
        #expect(endpoint.forms.count >= Set(tokens).count && provider.statistics.hits >= tokens.count)
    }

    // MARK: Many at once

    /// Runs the provider as the service does, for the duration of a body.
    private func running(
        _ provider: IntrospectionProvider, _ body: @Sendable @escaping () async throws -> [ReasonCode: Int]
    ) async throws -> [ReasonCode: Int] {
        try await withThrowingTaskGroup(of: [ReasonCode: Int].self) { group in
            group.addTask {
                try await provider.run()
                return [:]
            }
            group.addTask {
                while !provider.isRunning { await Task.yield() }
                return try await body()
            }
            let counts = try await group.next() ?? [:]
            group.cancelAll()
            return counts
        }
    }

    /// How far callers are.
    private final class Progress: Sendable {
        let begun = Mutex(0)
        let told = Mutex(0)
    }

    /// How often each code came up for callers with these tokens, all at once.
    ///
    /// A gate that is closed is opened when `isDue` says so, of how many have begun and how many have been told.
    private func counts(
        _ tokens: [String], _ provider: IntrospectionProvider,
        opening isDue: @Sendable (_ begun: Int, _ told: Int) -> Bool = { _, _ in true }
    ) async -> [ReasonCode: Int] {
        let progress = Progress()
        return await withTaskGroup(of: ReasonCode.self) { group in
            for token in tokens {
                group.addTask {
                    progress.begun.withLock { $0 += 1 }
                    defer { progress.told.withLock { $0 += 1 } }
                    do {
                        return try await self.caller(token, provider).principal.id == "alice" ? .allowed : .policyError
                    } catch {
                        return (error as? IdentityError)?.code ?? .policyError
                    }
                }
            }
            while !isDue(progress.begun.withLock { $0 }, progress.told.withLock { $0 }) { await Task.yield() }
            endpoint.openGate()
            var counts: [ReasonCode: Int] = [:]
            for await code in group { counts[code, default: 0] += 1 }
            return counts
        }
    }

    @Test("10,000 concurrent callers with one token cause one question", .timeLimit(.minutes(30)))
    func singleFlight() async throws {
        let provider = provider()
        endpoint.answer(active(""))
        endpoint.closeGate()
        let found = try await running(provider) {
            await self.counts(Array(repeating: "opaque", count: 10_000), provider) { begun, _ in begun == 10_000 }
        }
        #expect(found == [.allowed: 10_000])
        #expect(endpoint.forms.count == 1 && provider.statistics.calls == 1 && provider.statistics.underway == 0)
    }

    @Test("whoever looked before the answer came, and asks after it, is told what was said", .timeLimit(.minutes(30)))
    func lateAsker() async throws {
        let provider = provider()
        endpoint.answer(active(""))
        let digest = provider.digest(of: "opaque")
        let found = try await running(provider) {
            var counts: [ReasonCode: Int] = [:]
            for _ in 0..<2 {
                let standing = try await provider.ask(about: "opaque", digest: digest, hint: "access_token").get()
                if case .active = standing { counts[.allowed, default: 0] += 1 }
            }
            return counts
        }
        #expect(found == [.allowed: 2])
        #expect(endpoint.forms.count == 1)
    }

    @Test(
        "no more questions than allowed at once; what exceeds the backlog is refused as overload",
        .timeLimit(.minutes(30)))
    func limits() async throws {
        let provider = provider { settings in
            settings.concurrency = 4
            settings.backlog = 16
        }
        endpoint.answer(active(""))
        endpoint.closeGate()
        // 4 are asked about and 16 wait, or fewer where the former were slow to leave the queue.
        let found = try await running(provider) {
            await self.counts((0..<200).map { "opaque-\($0)" }, provider) { _, told in
                told >= 180 && self.endpoint.state.withLock { $0.underway } == 4
            }
        }
        #expect(Set(found.keys) == [.allowed, .overloaded] && (16...20).contains(found[.allowed, default: 0]))
        #expect(endpoint.state.withLock { $0.mostUnderway } == 4)
    }

    @Test("a caller that leaves ends its wait, not the question", .timeLimit(.minutes(30)))
    func cancellation() async throws {
        let provider = provider()
        endpoint.answer(active(""))
        endpoint.closeGate()
        let found = try await running(provider) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.refuses(.idpUnavailable, provider) }
                while self.endpoint.forms.isEmpty { await Task.yield() }
                group.cancelAll()
                try await group.waitForAll()
            }
            return await self.counts(["opaque"], provider)
        }
        #expect(found == [.allowed: 1] && endpoint.forms.count == 1)
    }

    // MARK: Which credential is for whom

    @Test("a JWT is never asked about where its issuer is another's, an opaque token never verified as a JWT")
    func picking() async throws {
        let issuer = TestIssuer()
        let keys = issuer.refresher()
        await keys.load()
        let provider = provider { $0.issuer = "https://reads.itself.test" }
        endpoint.answer(active(""))
        let selection = try AuthenticatorSelection([
            .tokens(try issuer.provider("acme", keys)), .introspection(provider),
        ])
        func find(_ token: String) async throws -> AuthenticatedCaller {
            try await verifier.caller(of: .bearer(token), from: selection, now: issuer.now)
        }
        #expect(try await find(issuer.token("bob")).principal.entityText == #"User::"acme/bob""#)
        #expect(try await find("opaque").principal.entityText == #"User::"legacy/alice""#)
        #expect(endpoint.forms.count == 1)
        let expired = issuer.token("bob", lifetime: -100)
        await #expect(throws: IdentityError.tokenExpired(expiresAt: issuer.now - 100)) { try await find(expired) }
        let foreign = try issuer.token(claims: #"{"iss":"https://other.test","sub":"x","aud":"api"}"#)
        await #expect(throws: IdentityError.issuerNotAccepted(issuer: "https://other.test")) { try await find(foreign) }
        #expect(endpoint.forms.count == 1)
        let itsOwn = try issuer.token(claims: #"{"iss":"https://reads.itself.test","sub":"x","aud":"api"}"#)
        #expect(try await find(itsOwn).principal.provider == "legacy")
        await #expect(throws: IdentityError.schemeNotAccepted("Basic")) {
            try await verifier.caller(of: .basic("YTpi"), from: selection, now: issuer.now)
        }
        #expect(throws: AuthenticatorSelection.Conflict.kind("legacy", "legacy")) {
            try AuthenticatorSelection([.introspection(provider), .introspection(provider)])
        }
    }

    @Test("user and password of a legacy system are asked about where that is said")
    func basic() async throws {
        endpoint.answer(active(""))
        let selection = try AuthenticatorSelection([.introspection(provider { $0.acceptsBasic = true })])
        let found = try await verifier.caller(of: .basic("YTpi"), from: selection, now: 1_800_000_000)
        #expect(found.principal.id == "alice")
        #expect(String(decoding: endpoint.forms[0].body, as: UTF8.self) == "token=YTpi&token_type_hint=basic")
    }

    @Test("live state: a JWT that verifies and was revoked at its issuer is refused")
    func liveState() async throws {
        let issuer = TestIssuer()
        let keys = issuer.refresher()
        await keys.load()
        let introspection = IntrospectionProvider(
            IntrospectionSettings(name: "acme", url: "https://idp.example.test/introspect", cache: 10),
            authentication: .client(.post(clientID: "api", Secret("s".utf8))), makesCallers: false,
            poster: endpoint.poster, fingerprint: Self.fingerprint, clock: endpoint.clock)
        let configuration = ProviderConfiguration(name: "acme", issuer: issuer.issuer, audiences: ["api"])
        let selection = try AuthenticatorSelection([
            .tokens(try TokenProvider(configuration, keys: keys, liveState: introspection))
        ])
        let token = issuer.token("bob")
        func find(live: Bool) async throws -> AuthenticatedCaller {
            try await verifier.caller(of: .bearer(token), from: selection, live: live, now: issuer.now)
        }
        endpoint.answer(#"{"active":true}"#)
        #expect(try await find(live: true).evidence.scheme == .jwt)
        #expect(try await find(live: false).principal.id == "bob" && endpoint.forms.count == 1)
        endpoint.answer(#"{"active":false}"#)
        endpoint.advance(10)
        await #expect(throws: IdentityError.tokenInactive(issuer: "acme")) { try await find(live: true) }
        #expect(try await find(live: false).principal.id == "bob")
    }

    // MARK: How this service proves itself

    @Test("secret in the form, certificate, and a signed assertion that is new each time")
    func proofs() async throws {
        endpoint.answer(active(""))
        _ = try await caller("t", provider(authentication: .client(.post(clientID: "api", Secret("s&t".utf8)))))
        #expect(
            String(decoding: endpoint.forms[0].body, as: UTF8.self)
                == "token=t&token_type_hint=access_token&client_id=api&client_secret=s%26t")
        _ = try await caller("t", provider(authentication: .client(.certificate(clientID: "api"))))
        #expect(endpoint.forms[1].fields.last?.value == "api")
        let key = P256.Signing.PrivateKey()
        let signing = try ClientAssertionKey(pem: key.pemRepresentation, keyID: "k7")
        let audience = "https://idp.example.test"
        let asserting = provider(authentication: .client(.assertion(clientID: "api", signing, audience: audience)))
        _ = try await caller("t", asserting)
        _ = try await caller("u", asserting)
        let assertions = endpoint.forms.suffix(2).compactMap { form in
            form.fields.first { $0.name == "client_assertion" }?.value
        }
        #expect(assertions.count == 2 && assertions[0] != assertions[1])
        let parts = assertions[0].split(separator: ".").map(String.init)
        let claims = try JSONValue.parse(#require(Base64URL.decode(parts[1]))).objectValue
        #expect(claims?["iss"] == "api" && claims?["sub"] == "api" && claims?["aud"] == .string(audience))
        #expect(claims?["exp"]?.int64Value == 1_800_000_060 && claims?["jti"]?.stringValue?.isEmpty == false)
        let signature = try P256.Signing.ECDSASignature(rawRepresentation: #require(Base64URL.decode(parts[2])))
        #expect(key.publicKey.isValidSignature(signature, for: Array((parts[0] + "." + parts[1]).utf8)))
        #expect(throws: ClientAssertionKey.Unusable.self) { try ClientAssertionKey(pem: "no key") }
    }

    @Test("a token of its own is fetched once, renewed before its end, and anew when the issuer no longer takes it")
    func ownToken() async throws {
        let source = ClientTokenSource(
            url: "https://idp.example.test/token", client: .basic(clientID: "api", Secret("s".utf8)),
            scope: "introspect", poster: endpoint.poster)
        let taken = Mutex("own-1")
        endpoint.answer { form in
            if form.url.hasSuffix("/token") {
                let token = taken.withLock { $0 }
                return FetchedDocument(
                    body: Array(#"{"access_token":"\#(token)","token_type":"bearer","expires_in":100}"#.utf8))
            }
            let wanted = "Bearer " + taken.withLock { $0 }
            guard form.headers.contains(where: { $0.name == "Authorization" && $0.value == wanted }) else {
                return FetchedDocument(status: 401, body: [])
            }
            return FetchedDocument(body: Array(self.active("").utf8))
        }
        let provider = provider({ $0.cache = 0 }, authentication: .bearer(source))
        for _ in 0..<3 { _ = try await caller("t", provider) }
        #expect(source.fetches == 1)
        #expect(
            String(decoding: endpoint.forms[0].body, as: UTF8.self)
                == "grant_type=client_credentials&scope=introspect")
        endpoint.advance(79)
        _ = try await caller("t", provider)
        #expect(source.fetches == 1)
        endpoint.advance(1)
        _ = try await caller("t", provider)
        #expect(source.fetches == 2)
        taken.withLock { $0 = "own-2" }
        _ = try await caller("t", provider)
        #expect(source.fetches == 3)
        endpoint.answer { _ in FetchedDocument(status: 500, body: []) }
        endpoint.advance(100)
        await refuses(.idpUnavailable, provider)
    }

    @Test("signed answers: taken from the issuer for this service, fresh and of their own type only")
    func signedAnswers() async throws {
        let issuer = TestIssuer()
        let keys = issuer.refresher()
        await keys.load()
        let signed = SignedAnswers(keys: keys, clientID: "api")
        let media = [(name: "Content-Type", value: "application/token-introspection+jwt; charset=utf-8")]
        func answer(
            _ changes: String, type: String = "token-introspection+jwt", headers: [(name: String, value: String)]? = nil
        ) throws {
            let claims = """
                {"iss":"\(issuer.issuer)","aud":"api","iat":\(issuer.now),"token_introspection":\(active(""))\(changes)}
                """
            let body = Array(try issuer.token(claims: claims, type: type).utf8)
            endpoint.answer { _ in FetchedDocument(headers: headers ?? media, body: body) }
        }
        func find() async throws -> AuthenticatedCaller {
            try await caller("t", provider({ $0.issuer = issuer.issuer }, signed: signed))
        }
        try answer("")
        #expect(try await find().principal.id == "alice")
        #expect(endpoint.forms[0].headers.contains { $0.value == "application/token-introspection+jwt" })
        let bad: [() throws -> Void] = [
            { try answer("", type: "JWT") }, { try answer("", headers: [("Content-Type", "application/json")]) },
            { self.endpoint.answer(self.active("")) },
            {
                let body = Array(
                    try issuer.token(
                        claims: """
                            {"iss":"\(issuer.issuer)","aud":"other","iat":\(issuer.now),
                            "token_introspection":{"active":true,"sub":"a"}}
                            """, type: "token-introspection+jwt"
                    ).utf8)
                self.endpoint.answer { _ in FetchedDocument(headers: media, body: body) }
            },
            {
                let body = Array(
                    try issuer.token(
                        claims: """
                            {"iss":"\(issuer.issuer)","aud":"api","iat":\(issuer.now - 600),
                            "token_introspection":{"active":true,"sub":"a"}}
                            """, type: "token-introspection+jwt"
                    ).utf8)
                self.endpoint.answer { _ in FetchedDocument(headers: media, body: body) }
            },
        ]
        for prepare in bad {
            try prepare()
            await #expect(throws: IdentityError.self) { try await find() }
        }
    }
}
