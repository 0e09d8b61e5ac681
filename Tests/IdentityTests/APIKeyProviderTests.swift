// SPDX-License-Identifier: Apache-2.0
import Callout
import Identity
import Testing

@Suite("API keys of callers")
struct APIKeyProviderTests {
    private static let fingerprint = CredentialFingerprint(key: Secret([UInt8](repeating: 7, count: 32)))
    private let now: Int64 = 1_800_000_000

    private func text(_ key: APIKey) -> String { key.secret.withBytes { String(decoding: $0, as: UTF8.self) } }

    private func find(_ token: String, _ authenticators: [Authenticator]) async throws -> AuthenticatedCaller {
        try await CallerVerifier(tokens: .fresh()).caller(
            of: .bearer(token), from: try AuthenticatorSelection(authenticators), now: now)
    }

    @Test("owner, scopes, public id and expiry of the line become the caller; a second use finds the same one")
    func caller() async throws {
        let key = APIKey()
        let line = APIKeyLine(
            key, owner: "partner-a", scopes: ["orders.read", "x:y"], createdAt: 1_799_000_000, expiresAt: 1_900_000_000)
        let provider = APIKeyProvider(
            name: "partners", store: try APIKeyStore([("", ["# note", line.text])]), fingerprint: Self.fingerprint)
        let found = try await find(text(key), [.apiKeys(provider)])
        #expect(found.principal.entityText == #"Client::"partners/partner-a""#)
        #expect(found.principal.scopes == ["orders.read", "x:y"] && found.evidence.scheme == .apiKey)
        #expect(found.evidence.keyID == "csk_" + key.publicID && found.evidence.expiresAt == 1_900_000_000)
        #expect(found.marks.issuedAt == 1_799_000_000 && found.marks.client == "partner-a")
        #expect(try await find(text(key), [.apiKeys(provider)]) === found)
        #expect(provider.takeUses() == ["csk_" + key.publicID: now] && provider.takeUses() == nil)
        provider.replace(try APIKeyStore([]))
        await #expect(throws: IdentityError.apiKeyUnknown) { try await find(text(key), [.apiKeys(provider)]) }
    }

    @Test("revoked, expired, altered and unknown keys; a key is never taken for a token of another kind")
    func refusals() async throws {
        let (revoked, expired, good) = (APIKey(), APIKey(), APIKey())
        var line = APIKeyLine(revoked, owner: "a")
        line.revokedAt = 1
        let store = try APIKeyStore([
            ("", [line.text, APIKeyLine(expired, owner: "b", expiresAt: now).text, APIKeyLine(good, owner: "c").text])
        ])
        let provider = APIKeyProvider(name: "p", store: store, fingerprint: Self.fingerprint)
        await #expect(throws: IdentityError.tokenRevoked) { try await find(text(revoked), [.apiKeys(provider)]) }
        await #expect(throws: IdentityError.apiKeyExpired(id: "csk_" + expired.publicID, expiredAt: now)) {
            try await find(text(expired), [.apiKeys(provider)])
        }
        let other = String(text(good).dropLast()) + (text(good).hasSuffix("A") ? "B" : "A")
        for token in [other, text(APIKey()), "csk_", "csk_short", "opaque"] {
            await #expect(throws: IdentityError.apiKeyUnknown) { try await find(token, [.apiKeys(provider)]) }
        }
        // Without a provider of keys a key goes nowhere, least of all to an issuer that is asked about tokens.
        let poster = FormPoster { _ in FetchedDocument(body: Array(#"{"active":true,"sub":"eve"}"#.utf8)) }
        let introspection = IntrospectionProvider(
            IntrospectionSettings(name: "i", url: "https://idp.example.test/i"),
            authentication: .client(.certificate(clientID: "api")), poster: poster, fingerprint: Self.fingerprint)
        await #expect(throws: IdentityError.schemeNotAccepted("API key")) {
            try await find(text(good), [.introspection(introspection)])
        }
    }

    @Test(
        "lines that are no keys of callers are refused with their number",
        arguments: [
            "a-plain-key-of-24-letters", "csk_abc salt hash", "csk_abcdefghijklmnop AAAA AAAA",
            "\(good) x", "\(good) - owner", "\(good) - owner=a,b", "\(good) - color=red", "\(good) -",
            "\(good) - created=x",
        ]
    )
    func badLines(line: String) throws {
        do {
            _ = try APIKeyStore([("", ["# first", line])])
            Issue.record("accepted `\(line)`")
        } catch {
            #expect(error.line == 2)
        }
    }

    private static let good = APIKey().storeLine().split(separator: " ").prefix(3).joined(separator: " ")

    @Test("a line reads back as it was written")
    func roundTrip() throws {
        var line = APIKeyLine(APIKey(), owner: "a/b@c", scopes: ["x", "y"], createdAt: 5, expiresAt: nil)
        line.revokedAt = 7
        line.replacedBy = "abcdefghijklmnop"
        #expect(APIKeyLine(text: line.text) == line)
        #expect(APIKeyLine(text: "# csk_") == nil && APIKeyLine(text: "") == nil)
    }
}
