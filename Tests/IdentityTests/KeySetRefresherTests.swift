// SPDX-License-Identifier: Apache-2.0
import Callout
import Identity
import StrictJSON
import Synchronization
import Testing

@Suite("Keys of issuers: rotation, outage, single flight, lying servers", .timeLimit(.minutes(30)))
struct KeySetRefresherTests {
    @Test("an unknown key causes one fetch, shared by all who wait, and the next one 30 s later")
    func singleFlight() async throws {
        let issuer = TestIssuer()
        let keys = issuer.refresher()
        await keys.load()
        issuer.state.withLock { $0.isGated = true }
        let before = issuer.fetches
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<1000 { group.addTask { await keys.refresh() } }
            group.addTask {
                while issuer.state.withLock({ $0.gate.isEmpty }) { await Task.yield() }
                issuer.openGate()
            }
        }
        #expect(issuer.fetches == before + 1)
        await keys.refresh()
        #expect(issuer.fetches == before + 1)
        #expect(!keys.acceptsDemand)
        issuer.now += 30
        await keys.refresh()
        #expect(issuer.fetches == before + 2)
    }

    @Test("the running service fetches at once and on demand; a cancelled waiter leaves, the fetch goes on")
    func service() async throws {
        let issuer = TestIssuer()
        let keys = issuer.refresher()
        let service = Task { try await keys.run() }
        while keys.current == nil { await Task.yield() }
        issuer.state.withLock { $0.isGated = true }
        issuer.publish([TestIssuer.Key(id: "k2")])
        let waiter = Task { await keys.refresh() }
        while issuer.state.withLock({ $0.gate.isEmpty }) { await Task.yield() }
        waiter.cancel()
        await waiter.value
        #expect(keys.current?.keys.map(\.keyID) == ["k1"])
        issuer.openGate()
        while keys.current?.keys.first?.keyID != "k2" { await Task.yield() }
        #expect(issuer.events.contains(.changed(issuer: issuer.issuer, added: ["k2"], removed: ["k1"])))
        service.cancel()
        try await service.value
    }

    @Test("a caller that leaves before the service runs is no failure of the issuer")
    func leaver() async throws {
        let issuer = TestIssuer()
        let (began, beginning) = AsyncStream.makeStream(of: Void.self)
        let keys = KeySetRefresher(
            issuer: issuer.issuer, source: .url("https://idp.example.test/jwks"),
            fetcher: DocumentFetcher { _ in
                beginning.yield()
                try await Task.sleep(for: .seconds(3600))
                return FetchedDocument(body: [])
            }, clock: issuer.clock, onEvent: { event in issuer.state.withLock { $0.events.append(event) } })
        let caller = Task { await keys.refresh() }
        for await _ in began { break }
        caller.cancel()
        await caller.value
        #expect(keys.status.failure == nil)
        #expect(issuer.events.isEmpty)
        #expect(keys.acceptsDemand)
    }

    @Test("old keys serve through an outage up to the bound, then the provider fails closed, then recovers")
    func outage() async throws {
        let issuer = TestIssuer()
        let keys = issuer.refresher(settings: KeyRefreshSettings(interval: 60, maximumStale: 600))
        let selection = try ProviderSelection([try issuer.provider("acme", keys)])
        let verifier = TokenVerifier.fresh()
        let token = issuer.token("alice", lifetime: 7200)
        #expect(throws: IdentityError.keysNotLoaded(issuer: issuer.issuer)) {
            try verifier.verify(token, from: selection, now: issuer.now)
        }
        await keys.load()
        issuer.answer(with: FetchedDocument(status: 503, body: []))
        issuer.now += 600
        await keys.load()
        #expect(keys.status.failure == .status(url: "https://idp.example.test/jwks", 503))
        #expect(try verifier.verify(token, from: selection, now: issuer.now).principal.id == "alice")
        issuer.now += 1
        #expect(throws: IdentityError.keysStale(issuer: issuer.issuer, age: 601)) {
            try verifier.verify(token, from: selection, now: issuer.now)
        }
        #expect(!keys.status.isReady)
        issuer.answer(with: nil)
        await keys.load()
        #expect(try verifier.verify(token, from: selection, now: issuer.now).principal.id == "alice")
        #expect(issuer.events.last == .recovered(issuer: issuer.issuer))
    }

    static let lies: [(String, FetchedDocument)] = [
        ("HTML", FetchedDocument(body: Array("<html>Sign in</html>".utf8))),
        ("a page too large", FetchedDocument(body: [UInt8](repeating: 0x20, count: (1 << 20) + 1))),
        ("a redirect", FetchedDocument(status: 302, body: [])),
        ("an error", FetchedDocument(status: 500, body: Array("{\"keys\":[]}".utf8))),
        ("no keys", FetchedDocument(body: Array("{}".utf8))),
        ("keys of the wrong type", FetchedDocument(body: Array("{\"keys\":{}}".utf8))),
        (
            "only broken keys",
            FetchedDocument(body: Array("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"!\",\"e\":\"AQAB\"}]}".utf8))
        ),
        ("a secret", FetchedDocument(body: Array("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}".utf8))),
        ("a repeated name", FetchedDocument(body: Array("{\"keys\":[],\"keys\":[]}".utf8))),
        ("nesting", FetchedDocument(body: Array(String(repeating: "[", count: 100_000).utf8))),
        ("a crowd", FetchedDocument(body: Array(("{\"keys\":[" + String(repeating: "{},", count: 300) + "{}]}").utf8))),
    ]

    @Test("what is not a key set never replaces one", arguments: lies)
    func lyingServer(name: String, document: FetchedDocument) async throws {
        let issuer = TestIssuer()
        let keys = issuer.refresher()
        await keys.load()
        issuer.answer(with: document)
        await keys.load()
        #expect(keys.current?.keys.map(\.keyID) == ["k1"], "\(name)")
        #expect(keys.status.failure != nil)
    }

    @Test("private keys in a set are not used; an empty set withdraws all")
    func privateAndEmpty() throws {
        let set = try KeySet(parsing: try Vectors.bytes("private-key-set"))
        #expect(set.keys.map(\.keyID) == ["good"])
        #expect(set.skipped.map(\.keyID) == ["leaked"] && set.skipped.map(\.defect) == [.privateKey])
        #expect(try KeySet(parsing: Array("{\"keys\":[]}".utf8)).keys.isEmpty)
    }

    @Test("discovery: the document must speak of exactly this issuer")
    func discovery() async throws {
        let issuer = TestIssuer()
        let keys = issuer.refresher(.discovery)
        await keys.load()
        #expect(keys.current?.keys.count == 1)
        #expect(
            KeySource.discoveryURL(issuer: "https://a.test/t/") == "https://a.test/t/.well-known/openid-configuration")
        let other: JSONValue = ["issuer": "https://idp.example.test", "jwks_uri": "https://keys.example.test/jwks"]
        issuer.answer(with: FetchedDocument(body: other.canonicalBytes()))
        await keys.load()
        #expect(
            keys.status.failure
                == .issuerMismatch(
                    url: "https://idp.example.test/.well-known/openid-configuration", issuer: "https://idp.example.test"
                ))
    }

    @Test("rotation under load: no wrong answer, and a withdrawn key ends its cached tokens")
    func rotation() async throws {
        let issuer = TestIssuer()
        let keys = issuer.refresher()
        let selection = try ProviderSelection([try issuer.provider("acme", keys)])
        let verifier = TokenVerifier.fresh()
        await keys.load()
        var current = issuer.state.withLock { $0.keys[0] }
        var previous = current
        for round in 0..<20 {
            let next = TestIssuer.Key(id: "r\(round)")
            issuer.publish([next, current])
            issuer.now += 30
            (previous, current) = (current, next)
            let (old, new, now) = (previous, current, issuer.now)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<50 {
                    group.addTask {
                        let key = caller % 2 == 0 ? old : new
                        let token = issuer.token("user\(caller)", key: key)
                        var answer: VerifiedToken
                        do throws(IdentityError) {
                            answer = try verifier.verify(token, from: selection, now: now)
                        } catch {
                            #expect(
                                await verifier.refreshKeys(after: error, from: selection)
                                    || keys.current?.keys.count == 2)
                            answer = try verifier.verify(token, from: selection, now: now)
                        }
                        #expect(answer.principal.id == "user\(caller)")
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(issuer.fetches <= 21)
        let token = issuer.token("alice", key: previous)
        _ = try verifier.verify(token, from: selection, now: issuer.now)
        _ = try verifier.verify(token, from: selection, now: issuer.now)
        issuer.publish([current])
        await keys.load()
        #expect(throws: IdentityError.unknownKey(issuer: issuer.issuer, keyID: previous.id)) {
            try verifier.verify(token, from: selection, now: issuer.now)
        }
    }
}
