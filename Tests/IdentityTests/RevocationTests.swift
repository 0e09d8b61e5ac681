// SPDX-License-Identifier: Apache-2.0
import Callout
import Identity
import StrictJSON
import Testing

@Suite("Revocation: what verified and no longer counts")
struct RevocationTests {
    private let now: Int64 = 1_800_000_000

    private func caller(_ marks: RevocationMarks, provider: String = "acme") -> AuthenticatedCaller {
        AuthenticatedCaller(
            principal: Principal(kind: .user, provider: provider, id: marks.subject ?? ""),
            evidence: CallerEvidence(.jwt, fingerprint: ""), marks: marks,
            digest: TokenDigest(of: "token".utf8Span.span))
    }

    private func isRevoked(
        _ kind: Revocation.Kind, _ value: String, _ marks: RevocationMarks, token: String = "token",
        change: (inout Revocation) -> Void = { _ in }
    ) -> Bool {
        var entry = Revocation(id: "1", kind: kind, value: value, at: now, source: "operator", cause: "manual")
        change(&entry)
        let revocations = Revocations()
        revocations.replace(RevocationList([entry]))
        do throws(IdentityError) {
            try revocations.check(caller(marks), .bearer(token), now: now)
            return false
        } catch {
            #expect(error == .tokenRevoked && error.code == .tokenRevoked)
            return true
        }
    }

    private let marks = {
        var marks = RevocationMarks(
            issuer: "https://idp", subject: "alice", client: "web", session: "s1", tokenID: "j1",
            issuedAt: 1_799_999_000)
        marks.email = "alice@acme.example"
        return marks
    }()

    @Test("each kind means what it names, and nothing of another kind or spelling")
    func kinds() {
        let names: [(Revocation.Kind, String)] = [
            (.subject, "alice"), (.client, "web"), (.session, "s1"), (.tokenID, "j1"), (.email, "alice@acme.example"),
            (.token, RevocationList.name(ofToken: "token")),
        ]
        for (kind, value) in names {
            #expect(isRevoked(kind, value, marks), "\(kind)")
            for (other, _) in names where other != kind { #expect(!isRevoked(other, value, marks)) }
            #expect(!isRevoked(kind, value + "x", marks))
        }
        #expect(!isRevoked(.token, RevocationList.name(ofToken: "token"), marks, token: "another"))
        // Canonically equivalent is not the same name.
        let composed = RevocationMarks(issuer: "https://idp", subject: "ren\u{E9}")
        #expect(isRevoked(.subject, "ren\u{E9}", composed) && !isRevoked(.subject, "rene\u{301}", composed))
    }

    @Test("an entry counts for its issuers, for what was issued before, and until its end")
    func bounds() {
        #expect(isRevoked(.subject, "alice", marks) { $0.issuers = ["https://other", "https://idp"] })
        #expect(isRevoked(.subject, "alice", marks) { $0.issuers = ["acme"] })
        #expect(!isRevoked(.subject, "alice", marks) { $0.issuers = ["https://other"] })
        #expect(isRevoked(.subject, "alice", marks) { $0.issuedBefore = 1_799_999_000 })
        #expect(!isRevoked(.subject, "alice", marks) { $0.issuedBefore = 1_799_998_999 })
        let undated = RevocationMarks(issuer: "https://idp", subject: "alice")
        #expect(isRevoked(.subject, "alice", undated) { $0.issuedBefore = 1 })
        #expect(isRevoked(.subject, "alice", marks) { $0.until = 1_800_000_001 })
        #expect(!isRevoked(.subject, "alice", marks) { $0.until = 1_800_000_000 })
    }

    @Test("a cached verification is void at once, and good again once the entry is lifted")
    func cached() async throws {
        let issuer = TestIssuer()
        let keys = issuer.refresher()
        await keys.load()
        let selection = try AuthenticatorSelection([.tokens(try issuer.provider("acme", keys))])
        let verifier = CallerVerifier(tokens: .fresh())
        let (alice, bob) = (issuer.token("alice"), issuer.token("bob"))
        let nobody = GatewayIdentity(name: "", peer: "", authentication: .none, mayForward: false)
        func use(_ token: String) async throws {
            let found = try await verifier.caller(of: .bearer(token), from: selection, now: issuer.now)
            let request = CalloutRequest(dialect: .decisions, gateway: nobody)
            try verifier.confirm(found, .bearer(token), in: request, origin: nil, now: issuer.now)
        }
        try await use(alice)
        let entry = Revocation(
            id: "1", kind: .subject, value: "alice", issuers: [issuer.issuer], at: issuer.now, source: "operator",
            cause: "manual")
        verifier.revocations.replace(RevocationList([entry]))
        await #expect(throws: IdentityError.tokenRevoked) { try await use(alice) }
        try await use(bob)
        #expect(verifier.revocations.refusals == 1)
        verifier.revocations.replace(RevocationList())
        try await use(alice)
    }

    @Test("entries read back as they were written; what is no entry is none")
    func json() throws {
        let entry = Revocation(
            id: "x", kind: .session, value: "s", issuers: ["a", "b"], issuedBefore: 1, until: 2, at: 3, source: "s",
            cause: "c")
        #expect(Revocation(entry.json) == entry)
        for text in [
            "{}", "[]", #"{"id":"x","kind":"planet","value":"v","at":1,"source":"s","cause":"c"}"#,
            #"{"id":"x","kind":"session","value":"","at":1,"source":"s","cause":"c"}"#,
            #"{"id":"x","kind":"session","value":"v","at":1,"source":"s","cause":"c","until":"never"}"#,
        ] { #expect(Revocation(try JSONValue.parse(Array(text.utf8))) == nil) }
    }
}
