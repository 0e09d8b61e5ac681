// SPDX-License-Identifier: Apache-2.0
import Identity
import Testing

@Suite("API keys: THREATS G2, and secrets that stay secret")
struct APIKeyStoreTests {
    private func text(_ key: APIKey) -> String { key.secret.withBytes { String(decoding: $0, as: UTF8.self) } }

    @Test("several keys are valid at once, plain and hashed; each names its owner")
    func matches() throws {
        let (old, new) = (APIKey(), APIKey())
        let store = try APIKeyStore([
            ("apigee", [old.storeLine(), new.storeLine(expiresAt: 2000), "# a note", ""]),
            ("envoy", ["a-plain-key-of-an-operator"]),
        ])
        #expect(store.count == 3)
        #expect(try store.match(text(old), now: 1).owner == "apigee")
        #expect(try store.match(text(new), now: 1999).id == "csk_" + new.publicID)
        #expect(try store.match("a-plain-key-of-an-operator", now: 1).id == "envoy#1")
        #expect(throws: IdentityError.apiKeyExpired(id: "csk_" + new.publicID, expiredAt: 2000)) {
            try store.match(text(new), now: 2000)
        }
        let forged = String(text(old).dropLast(4)) + (text(old).hasSuffix("AAAA") ? "BBBB" : "AAAA")
        for wrong in [text(APIKey()), forged, "", "a-plain-key-of-an-operatoR", old.storeLine()] {
            #expect(throws: IdentityError.apiKeyUnknown) { try store.match(wrong, now: 1) }
        }
    }

    @Test(
        "lines that are neither form are refused by number",
        arguments: ["short", "two words here and more", "csk_x y z"])
    func refuses(line: String) {
        #expect(throws: APIKeyStore.LineProblem.self) { try APIKeyStore([("apigee", [line])]) }
    }

    @Test("no description shows a secret")
    func redacted() {
        let secret = Secret("hunter2hunter2".utf8)
        #expect("\(secret)" == "<redacted>" && String(reflecting: secret) == "<redacted>")
        #expect(!"\(APIKey())".contains("csk_"))
        #expect(secret.isEqual(to: Secret("hunter2hunter2".utf8)) && !secret.isEqual(to: Secret("hunter2hunter3".utf8)))
    }

    @Test("a certificate belongs to one gateway by exact SAN; SPIFFE ids stand alone")
    func certificates() throws {
        let rule = CertificateSubjects([
            ("apigee", ["spiffe://acme/apigee"]), ("envoy", ["Gateway.example.test", "shared.example.test"]),
            ("other", ["shared.example.test", "*.example.test"]),
        ])
        #expect(try rule.match(uris: ["spiffe://acme/apigee"], dnsNames: []).owner == "apigee")
        #expect(try rule.match(uris: [], dnsNames: ["x.test", "gateway.EXAMPLE.test"]).owner == "envoy")
        let refused: [([String], [String])] = [
            ([], []), (["spiffe://acme/apigee/x"], []), (["spiffe://acme/Apigee"], []),
            (["spiffe://acme/apigee", "spiffe://acme/b"], []), ([], ["shared.example.test"]),
            ([], ["sub.example.test"]),
        ]
        for (uris, names) in refused {
            #expect(throws: IdentityError.certificateNotTrusted) { try rule.match(uris: uris, dnsNames: names) }
        }
    }
}
