// SPDX-License-Identifier: Apache-2.0
import Callout
import Identity
import StrictJSON
import Synchronization
import Testing

@Suite("Verified tokens: cache, issuers, times", .timeLimit(.minutes(30)))
struct TokenVerifierTests {
    private func setUp(
        _ issuer: TestIssuer, capacity: Int = 1024
    ) async throws -> (TokenVerifier, ProviderSelection) {
        let keys = issuer.refresher()
        await keys.load()
        return (.fresh(capacity: capacity), try ProviderSelection([try issuer.provider("acme", keys)]))
    }

    @Test("a hit is checked against the time: refused from the second of exp onward")
    func hitExpires() async throws {
        let issuer = TestIssuer()
        let (verifier, selection) = try await setUp(issuer)
        let token = issuer.token("alice", lifetime: 100)
        let first = try verifier.verify(token, from: selection, now: issuer.now)
        #expect(try verifier.verify(token, from: selection, now: issuer.now + 99) === first)
        #expect(verifier.cache.statistics.hits == 1)
        #expect(throws: IdentityError.tokenExpired(expiresAt: issuer.now + 100)) {
            try verifier.verify(token, from: selection, now: issuer.now + 100)
        }
    }

    @Test("a key of issuer A never verifies a token of issuer B, cached or not, and the selection counts")
    func issuersAreSeparate() async throws {
        let (a, b) = (TestIssuer("https://a.test"), TestIssuer("https://b.test"))
        let (keysOfA, keysOfB) = (a.refresher(), b.refresher())
        await keysOfA.load()
        await keysOfB.load()
        let (first, second) = (try a.provider("a", keysOfA), try b.provider("b", keysOfB))
        let both = try ProviderSelection([first, second])
        let verifier = TokenVerifier.fresh()
        let keyOfA = a.state.withLock { $0.keys[0] }
        let forged = b.token("root", key: keyOfA)
        #expect(throws: IdentityError.signatureNotValid(issuer: b.issuer)) {
            try verifier.verify(forged, from: both, now: b.now)
        }
        let token = a.token("alice")
        #expect(try verifier.verify(token, from: both, now: a.now).principal.provider == "a")
        #expect(throws: IdentityError.issuerNotAccepted(issuer: a.issuer)) {
            try verifier.verify(token, from: try ProviderSelection([second]), now: a.now)
        }
        #expect(throws: ProviderSelection.DuplicateIssuer.self) {
            try ProviderSelection([first, try a.provider("again", keysOfA)])
        }
    }

    @Test("a provider made anew shares nothing with the one before")
    func generations() async throws {
        let issuer = TestIssuer()
        let keys = issuer.refresher()
        await keys.load()
        let verifier = TokenVerifier.fresh()
        let token = issuer.token("alice")
        _ = try verifier.verify(
            token, from: try ProviderSelection([try issuer.provider("acme", keys)]), now: issuer.now)
        let strict = ProviderConfiguration(name: "acme", issuer: issuer.issuer, audiences: ["other"])
        let renewed = try ProviderSelection([try TokenProvider(strict, keys: keys)])
        #expect(throws: IdentityError.audienceNotAccepted(issuer: issuer.issuer)) {
            try verifier.verify(token, from: renewed, now: issuer.now)
        }
    }

    @Test("two identities never share an entry: 100,000 look-ups over a small cache")
    func neverShared() async throws {
        let issuer = TestIssuer()
        let (verifier, selection) = try await setUp(issuer, capacity: 128)
        let tokens = (0..<500).map { (subject: "user-\($0)", token: issuer.token("user-\($0)")) }
        var generator = SplitMix(state: 42)
        var wrong = 0
        for _ in 0..<100_000 {
            // Mostly a few favourites, so that hits, misses and evictions all happen.
            let spread = generator.next() % 100 < 98 ? 60 : tokens.count
            let pick = tokens[Int(generator.next() % UInt64(spread))]
            let found = try verifier.verify(pick.token, from: selection, now: issuer.now)
            if found.principal.id != pick.subject || found.claims["sub"]?.stringValue != pick.subject { wrong += 1 }
        }
        let statistics = verifier.cache.statistics
        #expect(wrong == 0)
        #expect(statistics.hits > 50_000 && statistics.evictions > 100)
    }

    @Test("mutated tokens: no crash, and nothing but the original bytes is accepted")
    func mutations() async throws {
        let issuer = TestIssuer()
        let (verifier, selection) = try await setUp(issuer)
        let original = Array(issuer.token("alice").utf8)
        // Its header and its verification are remembered from here on.
        _ = try verifier.verify(original.span, from: selection, now: issuer.now)
        var generator = SplitMix(state: 7)
        var accepted = 0
        for _ in 0..<20_000 {
            let mutant = generator.mutate(original)
            guard mutant != original else { continue }
            do throws(IdentityError) {
                _ = try verifier.verify(mutant.span, from: selection, now: issuer.now)
                accepted += 1
            } catch {
                #expect(error.fault.status == 401)
            }
        }
        #expect(accepted == 0)
    }

    @Test("a cached token vouches for its own signature only, and another good one of the same claims stands alone")
    func signaturesAreCompared() async throws {
        let issuer = TestIssuer()
        let (verifier, selection) = try await setUp(issuer)
        let (one, two) = (issuer.token("alice"), issuer.token("alice"))
        let (first, second) = (one.split(separator: "."), two.split(separator: "."))
        #expect(first[1] == second[1] && first[2] != second[2])
        let kept = try verifier.verify(one, from: selection, now: issuer.now)
        #expect(try verifier.verify(one, from: selection, now: issuer.now) === kept)
        #expect(try verifier.verify(two, from: selection, now: issuer.now) !== kept)
        for tail in ["", String(first[2].dropLast(2)), String(first[2].reversed()), first[2] + "AA"] {
            #expect(throws: IdentityError.self) {
                try verifier.verify("\(first[0]).\(first[1]).\(tail)", from: selection, now: issuer.now)
            }
        }
    }

    @Test("a header that was read for one provider is judged anew by the rules of the next")
    func headersAreJudgedAnew() async throws {
        let (a, b) = (TestIssuer("https://a.test"), TestIssuer("https://b.test"))
        let (keysOfA, keysOfB) = (a.refresher(), b.refresher())
        await keysOfA.load()
        await keysOfB.load()
        let strict = ProviderConfiguration(name: "b", issuer: b.issuer, audiences: ["api"], tokenTypes: ["JWT"])
        let verifier = TokenVerifier.fresh()
        let (ofA, ofB) = (a.token("alice"), b.token("bob"))
        #expect(ofA.split(separator: ".").first == ofB.split(separator: ".").first)
        let lenient = try ProviderSelection([try a.provider("a", keysOfA), try b.provider("b", keysOfB)])
        let narrow = try ProviderSelection([try a.provider("a", keysOfA), try TokenProvider(strict, keys: keysOfB)])
        _ = try verifier.verify(ofA, from: lenient, now: a.now)
        #expect(try verifier.verify(ofB, from: lenient, now: b.now).principal.provider == "b")
        #expect(throws: IdentityError.tokenTypeNotAccepted(issuer: b.issuer, type: "at+jwt")) {
            try verifier.verify(ofB, from: narrow, now: b.now)
        }
    }

    @Test("more headers than are remembered: every token is verified all the same")
    func manyHeaders() async throws {
        let issuer = TestIssuer(keys: (0..<20).map { "k\($0)" })
        let (verifier, selection) = try await setUp(issuer)
        let keys = issuer.state.withLock { $0.keys }
        for round in 0..<3 {
            for key in keys {
                let token = issuer.token("\(key.id)-\(round)", key: key)
                #expect(try verifier.verify(token, from: selection, now: issuer.now).facts.keyID == key.id)
            }
        }
    }

    @Test("mutated key sets: no crash, and no more keys than the document has")
    func keySetMutations() throws {
        let original = TestIssuer.document([TestIssuer.Key(id: "a"), TestIssuer.Key(id: "b")])
        var generator = SplitMix(state: 11)
        var parsed = 0
        for _ in 0..<20_000 {
            guard let set = try? KeySet(parsing: generator.mutate(original)) else { continue }
            parsed += 1
            #expect(set.keys.count <= 2)
        }
        #expect(parsed > 100)
    }

    @Test("audit facts and fingerprint")
    func facts() async throws {
        let issuer = TestIssuer()
        let (verifier, selection) = try await setUp(issuer)
        var claims = JSONObject()
        claims["acr"] = "aal2"
        claims["amr"] = ["pwd", "otp"]
        let token = issuer.token("alice", claims: claims)
        let facts = try verifier.verify(token, from: selection, now: issuer.now).facts
        #expect(facts.algorithm == .es256 && facts.keyID == "k1" && facts.audiences == ["api"])
        #expect(facts.authenticationContext == "aal2" && facts.authenticationMethods == ["pwd", "otp"])
        #expect(facts.fingerprint.utf8.count == 22)
        let other = CredentialFingerprint(key: Secret([UInt8](repeating: 8, count: 32)))
        #expect(other.text(of: token) != facts.fingerprint)
    }
}

/// Deterministic randomness, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...(next() % 3) where !result.isEmpty {
            let index = Int(next() % UInt64(result.count))
            switch next() % 5 {
            case 0: result[index] = UInt8(truncatingIfNeeded: next())
            case 1: result[index] ^= 1 << UInt8(next() % 8)
            case 2: result.remove(at: index)
            case 3: result.insert(UInt8(truncatingIfNeeded: next()), at: index)
            default: result.removeLast(min(result.count, Int(next() % 8)))
            }
        }
        return result
    }
}
