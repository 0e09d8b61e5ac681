// SPDX-License-Identifier: Apache-2.0
import Callout
import Crypto
import StrictJSON
import Synchronization
import Testing

@testable import Identity

/// One credential on one route, and what must come of it; told from what it was made of, never from a verification.
private struct Presented: Sendable {
    enum Expected: Sendable, Hashable {
        case caller(provider: String, id: String, fingerprint: String)
        case refused(ReasonCode)
    }

    let credential: Credential
    let route: Int
    var isLive = false
    let expected: Expected
}

/// Credentials of every scheme: many differ in one thing alone.
private struct Population {
    static let fingerprint = CredentialFingerprint(key: Secret([UInt8](repeating: 7, count: 32)))
    static let now = AWSCaller.now

    var all: [Presented] = []
    /// Places in ``all`` of those that differ in one thing alone.
    var neighbours: [(Int, Int)] = []
    let routes: [AuthenticatorSelection]
    private let (a, b): (TestIssuer, TestIssuer)
    private let keys: [APIKey]

    /// Routes: 0 takes everything; 1 takes the second issuer, other keys, and asks another issuer about opaque tokens;
    /// 2 takes the first issuer for another audience.
    static func make() async throws -> Population {
        let (a, b) = (TestIssuer("https://a.test"), TestIssuer("https://b.test"))
        (a.now, b.now) = (now, now)
        let (keysOfA, keysOfB) = (a.refresher(), b.refresher())
        await keysOfA.load()
        await keysOfB.load()
        let state = introspection("state", makesCallers: false) { $0.hasSuffix("-gone") ? nil : "x" }
        let first = try TokenProvider(
            ProviderConfiguration(name: "a", issuer: a.issuer, audiences: ["api"], clockSkew: 0), keys: keysOfA,
            liveState: state)
        let second = try b.provider("b", keysOfB)
        let other = try TokenProvider(
            ProviderConfiguration(name: "a-orders", issuer: a.issuer, audiences: ["orders"], clockSkew: 0),
            keys: keysOfA)
        let apiKeys = (0..<44).map { _ in APIKey() }
        func store(_ name: String, _ keys: ArraySlice<APIKey>) throws -> APIKeyProvider {
            let lines = keys.map { APIKeyLine($0, owner: "\(name)-\($0.publicID)").text }
            return APIKeyProvider(name: name, store: try APIKeyStore([("", lines)]), fingerprint: fingerprint)
        }
        let sts = AWSCallerProvider(
            AWSCallerSettings(
                name: "aws", region: "eu-west-3", serverID: "gate.example.test", accounts: ["123456789012"]),
            fingerprint: fingerprint
        ) { AWSCaller.answer("arn:aws:iam::123456789012:user/\($0.accessKeyID)") }
        let routes = [
            try AuthenticatorSelection([
                .tokens(first), .tokens(second), .introspection(introspection("i") { "i-" + $0 }),
                .apiKeys(try store("k", apiKeys[..<30])), .aws(sts),
            ]),
            try AuthenticatorSelection([
                .tokens(second), .introspection(introspection("j") { "j-" + $0 }),
                .apiKeys(try store("l", apiKeys[30...])),
            ]),
            try AuthenticatorSelection([.tokens(other)]),
        ]
        return Population(routes: routes, a: a, b: b, keys: apiKeys)
    }

    private init(routes: [AuthenticatorSelection], a: TestIssuer, b: TestIssuer, keys: [APIKey]) {
        (self.routes, self.a, self.b, self.keys) = (routes, a, b, keys)
    }

    /// An issuer that says of a token what the closure makes of it; `nil` is "not active".
    private static func introspection(
        _ name: String, makesCallers: Bool = true, _ subject: @escaping @Sendable (String) -> String?
    ) -> IntrospectionProvider {
        let settings = IntrospectionSettings(name: name, url: "https://\(name).test/introspect", acceptsBasic: true)
        let poster = FormPoster { form in
            let fields = Dictionary(form.fields.map { ($0.name, $0.value) }) { first, _ in first }
            var token = fields["token"] ?? ""
            // What a JWT is about stands in it.
            if !makesCallers, let claims = token.split(separator: ".").dropFirst().first {
                let bytes = Base64URL.decode(Array(claims.utf8).span) ?? []
                token = try JSONValue.parse(bytes).objectValue?["sub"]?.stringValue ?? ""
            }
            let hint = fields["token_type_hint"] == "basic" ? "basic-" : ""
            guard let subject = subject(hint + token) else {
                return FetchedDocument(body: Array(#"{"active":false}"#.utf8))
            }
            let answer: JSONValue = ["active": true, "sub": .string(subject)]
            return FetchedDocument(body: answer.canonicalBytes())
        }
        return IntrospectionProvider(
            settings, authentication: .client(.certificate(clientID: "api")), makesCallers: makesCallers,
            poster: poster,
            fingerprint: fingerprint, clock: IntrospectionClock(now: { now }, milliseconds: { 1_000_000 }))
    }

    private static func caller(_ provider: String, _ id: String, _ credential: String) -> Presented.Expected {
        .caller(provider: provider, id: id, fingerprint: fingerprint.text(of: credential))
    }

    private mutating func add(_ family: [Presented]) {
        for left in family.indices {
            for right in family.indices where left < right { neighbours.append((all.count + left, all.count + right)) }
        }
        all += family
    }

    mutating func fill() throws {
        tokens()
        try keysAndSignatures()
        for index in 0..<34 {
            let text = "opaque-\(index)"
            add([
                Presented(credential: .bearer(text), route: 0, expected: Self.caller("i", "i-" + text, text)),
                Presented(credential: .bearer(text), route: 1, expected: Self.caller("j", "j-" + text, text)),
                Presented(credential: .basic(text), route: 0, expected: Self.caller("i", "i-basic-" + text, text)),
            ])
        }
    }

    private mutating func tokens() {
        let keyOfB = b.state.withLock { $0.keys[0] }
        for index in 0..<22 {
            let name = "user-\(index)"
            let (mine, its) = (a.token(name), b.token(name))
            add([
                Presented(credential: .bearer(mine), route: 0, expected: Self.caller("a", name, mine)),
                Presented(credential: .bearer(its), route: 0, expected: Self.caller("b", name, its)),
                Presented(credential: .bearer(mine), route: 1, expected: .refused(.tokenIssuer)),
                Presented(credential: .bearer(its), route: 1, expected: Self.caller("b", name, its)),
                Presented(credential: .bearer(mine), route: 2, expected: .refused(.tokenAudience)),
            ])
        }
        for index in 0..<3 {
            // The very same claims: signed twice, signed by the other issuer, and with a signature of other claims.
            let name = "twin-\(index)"
            let (first, second, forged) = (a.token(name), a.token(name), a.token(name, key: keyOfB))
            let parts = first.split(separator: ".")
            let grafted = "\(parts[0]).\(parts[1]).\(a.token(name + "x").split(separator: ".")[2])"
            add([
                Presented(credential: .bearer(first), route: 0, expected: Self.caller("a", name, first)),
                Presented(credential: .bearer(second), route: 0, expected: Self.caller("a", name, second)),
                Presented(credential: .bearer(forged), route: 0, expected: .refused(.tokenSignature)),
                Presented(credential: .bearer(grafted), route: 0, expected: .refused(.tokenSignature)),
            ])
        }
        for index in 0..<15 {
            let name = "narrow-\(index)"
            var orders = JSONObject()
            orders["aud"] = "orders"
            var bound = JSONObject()
            bound["cnf"] = ["jkt": .string("thumbprint-\(index)")]
            let (plain, other, proof) = (a.token(name), a.token(name, claims: orders), a.token(name, claims: bound))
            let gone = a.token(name + "-gone")
            add([
                Presented(credential: .bearer(plain), route: 0, expected: Self.caller("a", name, plain)),
                Presented(credential: .bearer(other), route: 0, expected: .refused(.tokenAudience)),
                Presented(credential: .bearer(other), route: 2, expected: Self.caller("a-orders", name, other)),
                Presented(credential: .bearer(proof), route: 0, expected: .refused(.proofMissing)),
                Presented(credential: .bearer(gone), route: 0, expected: Self.caller("a", name + "-gone", gone)),
                Presented(credential: .bearer(gone), route: 0, isLive: true, expected: .refused(.tokenInactive)),
                Presented(credential: .bearer(plain), route: 0, isLive: true, expected: Self.caller("a", name, plain)),
            ])
        }
    }

    private mutating func keysAndSignatures() throws {
        for (index, key) in keys.enumerated() {
            let text = key.secret.withBytes { String(decoding: $0, as: UTF8.self) }
            let altered = String(text.dropLast()) + (text.hasSuffix("A") ? "B" : "A")
            let (name, route) = index < 30 ? ("k", 0) : ("l", 1)
            let right = Self.caller(name, "\(name)-\(key.publicID)", text)
            add([
                Presented(credential: .bearer(text), route: route, expected: right),
                Presented(credential: .bearer(altered), route: route, expected: .refused(.apiKeyUnknown)),
            ])
        }
        for index in 0..<30 {
            var caller = AWSCaller()
            let id = "AKIDEXAMPLE\(index)"
            caller.credentials = AWSCredentials(accessKeyID: id, secretAccessKey: Secret("secret".utf8))
            let arn = "arn:aws:iam::123456789012:user/\(id)"
            let (presigned, signed) = (try caller.presigned(), try caller.signed())
            add([
                Presented(credential: .bearer(presigned), route: 0, expected: Self.caller("aws", arn, presigned)),
                Presented(credential: .bearer(signed), route: 0, expected: Self.caller("aws", arn, signed)),
            ])
        }
    }

    /// What comes of a credential without waiting for anybody.
    func outcome(_ index: Int, _ verifier: CallerVerifier, _ request: borrowing CalloutRequest) -> Presented.Expected {
        let presented = all[index]
        do throws(IdentityError) {
            let found = try verifier.authenticate(
                presented.credential, in: request, from: routes[presented.route], live: presented.isLive, now: Self.now,
                mayWait: false)
            guard case .caller(let caller) = found else { return .refused(.budgetIdentify) }
            try verifier.confirm(caller, presented.credential, in: request, origin: nil, now: Self.now)
            return .caller(
                provider: caller.principal.provider, id: caller.principal.id, fingerprint: caller.evidence.fingerprint)
        } catch {
            return .refused(error.code)
        }
    }
}

@Suite("Two identities never share a cached verification", .timeLimit(.minutes(30)))
struct SharedVerificationTests {
    private static func request() -> CalloutRequest {
        let nobody = GatewayIdentity(name: "", peer: "", authentication: .none, mayForward: false)
        return CalloutRequest(dialect: .decisions, gateway: nobody)
    }

    @Test("100,000 pairs of credentials of all schemes, each in both orders through one verifier")
    func allPairs() async throws {
        var population = try await Population.make()
        try population.fill()
        // Few places, so that entries give way to others all the time.
        let verifier = CallerVerifier(tokens: .fresh(capacity: 256))
        for presented in population.all {
            _ = try? await verifier.caller(
                of: presented.credential, from: population.routes[presented.route], live: presented.isLive,
                now: Population.now)
        }
        let request = Self.request()
        var (pairs, wrong) = (0, 0)
        var first: (Presented, Presented)?
        for left in population.all.indices {
            for right in population.all.indices where left < right {
                pairs += 1
                for index in [left, right, right, left] {
                    guard population.outcome(index, verifier, request) != population.all[index].expected else {
                        continue
                    }
                    wrong += 1
                    first = first ?? (population.all[left], population.all[right])
                }
            }
        }
        let statistics = verifier.tokens.cache.statistics
        #expect(pairs >= 100_000)
        #expect(wrong == 0, "\(String(describing: first))")
        #expect(statistics.hits > 10_000 && statistics.evictions > 0)
    }

    @Test("neighbours, which differ in one thing alone, in both orders from an empty cache each")
    func neighbours() async throws {
        var population = try await Population.make()
        try population.fill()
        let warm = CallerVerifier(tokens: .fresh())
        for presented in population.all {
            _ = try? await warm.caller(
                of: presented.credential, from: population.routes[presented.route], live: presented.isLive,
                now: Population.now)
        }
        let request = Self.request()
        #expect(population.neighbours.count > 600)
        for (left, right) in population.neighbours {
            for order in [[left, right, left], [right, left, right]] {
                let verifier = CallerVerifier(tokens: .fresh(capacity: 1))
                for index in order {
                    #expect(population.outcome(index, verifier, request) == population.all[index].expected)
                }
            }
        }
    }
}
