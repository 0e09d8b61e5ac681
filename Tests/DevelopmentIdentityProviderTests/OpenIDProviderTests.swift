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

    private func form(_ fields: [(String, String)]) -> String {
        fields.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// Logs alice in and redeems the code; returns the answer of the token endpoint.
    private func codeFlow(
        _ provider: OpenIDProvider, scope: String, proof: ((String) -> String)? = nil
    ) throws -> JSONObject {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let redirect = "http%3A%2F%2Flocalhost%3A1%2Fcb"
        let login = form([
            ("response_type", "code"), ("client_id", "demo"), ("redirect_uri", redirect), ("scope", scope),
            ("nonce", "n-1"), ("code_challenge_method", "S256"),
            ("code_challenge", Base64URL.encode(SHA256.hash(data: Array(verifier.utf8)))), ("username", "alice"),
            ("password", "alice"),
        ])
        let page = provider.respond(
            to: DevelopmentRequest(method: "POST", path: "/authorize", body: Array(login.utf8)))
        let location = try #require(page.headers.first { $0.name == "location" }?.value)
        let code = try #require(location.split(separator: "code=").last?.prefix { $0 != "&" })
        let redeem = form([
            ("grant_type", "authorization_code"), ("client_id", "demo"), ("client_secret", "demo-secret"),
            ("code", String(code)), ("redirect_uri", redirect), ("code_verifier", verifier),
        ])
        var request = DevelopmentRequest(method: "POST", path: "/token", body: Array(redeem.utf8))
        if let proof { request.headers.append(("DPoP", proof(issuer + "/token"))) }
        let answer = provider.respond(to: request)
        return try #require(try JSONValue.parse(answer.body).objectValue)
    }

    @Test("openid brings an ID token with the nonce, and a refresh token that is used once")
    func refreshAndIdentity() async throws {
        let provider = try provider()
        let first = try codeFlow(provider, scope: "openid+orders.read")
        let identity = try #require(first["id_token"]?.stringValue)
        let claims = try #require(
            identity.split(separator: ".").dropFirst().first.flatMap { Base64URL.decode(String($0)) })
        let said = try #require(try JSONValue.parse(claims).objectValue)
        #expect(said["nonce"] == "n-1" && said["aud"] == "demo" && said["sub"] == "alice")
        let refresh = try #require(first["refresh_token"]?.stringValue)
        func renew(_ token: String, _ scope: String = "") throws -> (Int, JSONObject) {
            let body = form([
                ("grant_type", "refresh_token"), ("client_id", "demo"), ("client_secret", "demo-secret"),
                ("refresh_token", token), ("scope", scope),
            ])
            return try post("/token", body, provider)
        }
        let (status, second) = try renew(refresh)
        #expect(status == 200)
        #expect(try await verify(try #require(second["access_token"]?.stringValue), provider).principal.id == "alice")
        #expect(try renew(refresh).0 == 400)
        let next = try #require(second["refresh_token"]?.stringValue)
        #expect(try renew(next, "orders.write").1["error"] == "invalid_scope")
        let third = try #require(try codeFlow(provider, scope: "orders.read")["refresh_token"]?.stringValue)
        _ = try post("/revoke", "client_id=demo&client_secret=demo-secret&token=\(third)", provider)
        #expect(try renew(third).0 == 400)
    }

    @Test("a proof at the token endpoint binds the token; the same proof again, or one for elsewhere, is refused")
    func boundTokens() async throws {
        let provider = try provider()
        let key = DevelopmentProofKey()
        let proof = key.proof(method: "POST", url: issuer + "/token", token: nil, now: 1_800_000_000)
        let answer = try codeFlow(provider, scope: "openid", proof: { _ in proof })
        #expect(answer["token_type"] == "DPoP")
        let token = try #require(answer["access_token"]?.stringValue)
        let verified = try await verify(token, provider)
        #expect(verified.caller.binding.keyThumbprint == key.thumbprint)
        #expect(try codeFlow(provider, scope: "openid", proof: { _ in proof })["error"] == "invalid_dpop_proof")
        let elsewhere = key.proof(method: "POST", url: issuer + "/other", token: nil, now: 1_800_000_000)
        #expect(try codeFlow(provider, scope: "openid", proof: { _ in elsewhere })["error"] == "invalid_dpop_proof")
        let again = try #require(DevelopmentProofKey(jwk: key.jwk))
        #expect(again.thumbprint == key.thumbprint)
        #expect(DevelopmentProofKey(jwk: Array("{}".utf8)) == nil)
    }

    @Test("opaque tokens say nothing by themselves; introspection reads them until they are revoked")
    func opaque() throws {
        var settings = DevelopmentSettings(issuer: issuer, audience: "orders-api")
        settings.opaqueTokens = true
        let provider = try OpenIDProvider(settings, now: { 1_800_000_000 })
        let credentials = "client_id=demo&client_secret=demo-secret"
        let (_, answer) = try post("/token", credentials + "&grant_type=client_credentials", provider)
        let token = try #require(answer["access_token"]?.stringValue)
        #expect(!token.contains("."))
        let question = credentials + "&token=\(token)"
        let (_, said) = try post("/introspect", question, provider)
        #expect(said["active"] == true && said["client_id"] == "demo" && said["token_type"] == "Bearer")
        _ = try post("/revoke", question, provider)
        #expect(try post("/introspect", question, provider).1 == (["active": false] as JSONValue).objectValue)
    }

    @Test("names that are not this machine's are not answered")
    func rebinding() throws {
        let provider = try provider()
        func status(_ host: String) -> Int {
            provider.respond(to: DevelopmentRequest(method: "GET", path: "/jwks", headers: [("Host", host)])).status
        }
        #expect(status("127.0.0.1:9400") == 200 && status("localhost:9400") == 200 && status("[::1]:9400") == 200)
        #expect(status("evil.test:9400") == 421 && status("127.0.0.1.evil.test") == 421)
    }

    @Test("settings from a file; what is not known is named")
    func files() throws {
        var settings = DevelopmentSettings(issuer: issuer, audience: "a")
        let file = #"{"users":[{"name":"bob","claims":{"roles":["x"]}}],"clients":[{"id":"web","scopes":["s"]}]}"#
        try settings.read(Array(file.utf8))
        #expect(settings.users.map(\.name) == ["bob"] && settings.users[0].password == "bob")
        #expect(settings.clients.map(\.id) == ["web"] && settings.clients[0].secret == nil)
        for wrong in [
            "[]", #"{"user":[]}"#, #"{"users":{}}"#, #"{"users":[1]}"#, #"{"users":[{"password":"x"}]}"#,
            #"{"clients":[{"id":"a","scope":"s"}]}"#,
        ] {
            #expect(throws: DevelopmentSettings.FileProblem.self, "\(wrong)") { try settings.read(Array(wrong.utf8)) }
        }
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
