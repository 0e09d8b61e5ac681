// SPDX-License-Identifier: Apache-2.0
import Crypto
import DevelopmentIdentityProvider
import Callout
import Identity
import StrictJSON
import Testing

@Suite("The throw-away OpenID provider")
struct OpenIDProviderTests {
    private let issuer = "http://127.0.0.1:9400"

    private func provider() throws -> OpenIDProvider {
        try OpenIDProvider(DevelopmentSettings(issuer: issuer, audience: "orders-api"), now: { 1_800_000_000 })
    }

    private func post(_ path: String, _ body: String, _ provider: OpenIDProvider) throws -> (Int, JSONObject) {
        let answer = provider.respond(to: DevelopmentRequest(method: "POST", path: path, body: Array(body.utf8)))
        return (answer.status, try #require(try JSONValue.parse(answer.body).objectValue))
    }

    private func verify(_ token: String, _ provider: OpenIDProvider) async throws -> VerifiedToken {
        let keys = KeySetRefresher(
            issuer: issuer, source: .discovery,
            fetcher: DocumentFetcher { url in
                let path = String(url.dropFirst("http://127.0.0.1:9400".count))
                let answer = provider.respond(to: DevelopmentRequest(method: "GET", path: path))
                return FetchedDocument(status: answer.status, headers: answer.headers, body: answer.body)
            },
            clock: KeyClock(now: { 1_800_000_000 }, sleep: { _ in }))
        await keys.load()
        let acme = ProviderConfiguration(name: "dev", issuer: issuer, audiences: ["orders-api"])
        let verifier = TokenVerifier(
            cache: VerifiedTokenCache(capacity: 128), fingerprint: CredentialFingerprint(key: Secret([1, 2, 3])))
        let selection = try ProviderSelection([try TokenProvider(acme, keys: keys)])
        return try verifier.verify(token, from: selection, now: 1_800_000_001)
    }

    @Test(
        "refused outside loopback",
        arguments: [
            "https://idp.example.test", "http://127.0.0.1@evil.test", "http://127.evil.test", "ftp://localhost",
        ])
    func loopbackOnly(issuer: String) {
        #expect(throws: OpenIDProvider.NotLoopback.self) {
            try OpenIDProvider(DevelopmentSettings(issuer: issuer, audience: "a"), now: { 0 })
        }
    }

    @Test("client credentials by discovery: the token verifies, before and after a rotation")
    func clientCredentials() async throws {
        let provider = try provider()
        let form = "grant_type=client_credentials&client_id=demo&client_secret=demo-secret&scope=orders.read"
        let (status, answer) = try post("/token", form, provider)
        #expect(status == 200)
        let token = try #require(answer["access_token"]?.stringValue)
        provider.rotateKeys()
        let verified = try await verify(token, provider)
        #expect(verified.principal.kind == .client && verified.principal.scopes == ["orders.read"])
        provider.rotateKeys()
        await #expect(throws: IdentityError.self) { try await verify(token, provider) }
        #expect(try post("/token", form + "x", provider).0 == 400)
        #expect(try post("/token", "grant_type=client_credentials&client_id=demo&client_secret=no", provider).0 == 401)
    }

    @Test("code with PKCE: login page, one use, wrong verifier and foreign redirects refused")
    func code() async throws {
        let provider = try provider()
        let proof = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let challenge = Base64URL.encode(SHA256.hash(data: Array(proof.utf8)))
        let query =
            "response_type=code&client_id=demo&redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fcb&state=%22%3E%3Cx"
            + "&code_challenge_method=S256&code_challenge=\(challenge)"
        let page = provider.respond(to: DevelopmentRequest(method: "GET", path: "/authorize", query: query))
        #expect(page.status == 200 && !String(decoding: page.body, as: UTF8.self).contains("\"><x"))
        let foreign = query.replacingLocalhost(with: "evil.test")
        #expect(
            provider.respond(to: DevelopmentRequest(method: "GET", path: "/authorize", query: foreign)).status == 400)
        func logIn(_ password: String) -> DevelopmentResponse {
            let body = Array((query + "&username=alice&password=\(password)").utf8)
            return provider.respond(to: DevelopmentRequest(method: "POST", path: "/authorize", body: body))
        }
        #expect(logIn("wrong").status == 401)
        let location = try #require(logIn("alice").headers.first { $0.name == "location" }?.value)
        let code = try #require(location.split(separator: "code=").last?.prefix { $0 != "&" })
        let form =
            "grant_type=authorization_code&client_id=demo&client_secret=demo-secret&code=\(code)"
            + "&redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fcb&code_verifier=\(proof)"
        let (status, answer) = try post("/token", form, provider)
        #expect(status == 200)
        let verified = try await verify(try #require(answer["access_token"]?.stringValue), provider)
        #expect(verified.principal.kind == .user && verified.principal.id == "alice")
        #expect(try post("/token", form, provider).0 == 400)
    }

    @Test("introspection and revocation; tokens made on demand, expired ones too")
    func liveState() async throws {
        let provider = try provider()
        let (_, made) = try post("/dev/token", #"{"subject":"bob","claims":{"groups":["staff"]}}"#, provider)
        let token = try #require(made["access_token"]?.stringValue)
        #expect(try await verify(token, provider).principal.groups == ["staff"])
        let form = "client_id=demo&client_secret=demo-secret&token=\(token)"
        #expect(try post("/introspect", form, provider).1["active"] == true)
        #expect(try post("/revoke", form, provider).0 == 200)
        #expect(try post("/introspect", form, provider).1 == post("/introspect", form + "x", provider).1)
        #expect(try post("/introspect", form, provider).1["active"] == false)
        let expired = provider.token(.init(subject: "bob", lifetime: -3600))
        await #expect(throws: IdentityError.tokenExpired(expiresAt: 1_799_996_400)) {
            try await verify(expired, provider)
        }
    }
}

extension String {
    fileprivate func replacingLocalhost(with host: String) -> String {
        split(separator: "localhost", omittingEmptySubsequences: false).joined(separator: host)
    }
}
