// SPDX-License-Identifier: Apache-2.0
import Callout
import Identity
import StrictJSON
import Synchronization
import Testing

@Suite("Providers by name: tokens as they really look, and what must not pass")
struct ProviderProfileTests {
    private let issuer = TestIssuer()

    /// Verifies a token with these claims under a profile, its usual mapping, and a key set of its own.
    private func verify(
        _ claims: String, _ profile: ProviderProfile, issuers: [String], audiences: [String] = ["orders-api"],
        clients: [String] = [], type: String? = "JWT", keyIssuer: String? = nil
    ) async throws -> AuthenticatedCaller {
        var configuration = ProviderConfiguration(
            name: "acme", issuer: issuers[0], audiences: audiences, mapping: profile.mapping(audiences: audiences))
        configuration.issuers = issuers
        configuration.profile = profile
        configuration.clients = clients
        issuer.answer(
            with: FetchedDocument(body: TestIssuer.document(issuer.state.withLock { $0.keys }, issuer: keyIssuer)))
        let keys = issuer.refresher()
        await keys.load()
        let selection = try AuthenticatorSelection([.tokens(try TokenProvider(configuration, keys: keys))])
        let verifier = CallerVerifier(tokens: .fresh())
        let token = try issuer.token(claims: claims, type: type)
        return try await verifier.caller(of: .bearer(token), from: selection, now: issuer.now)
    }

    private func expect(
        _ code: ReasonCode, _ body: () async throws -> AuthenticatedCaller,
        _ location: SourceLocation = #_sourceLocation
    ) async {
        do {
            let caller = try await body()
            Issue.record("accepted as \(caller.principal.entityText)", sourceLocation: location)
        } catch {
            #expect((error as? IdentityError)?.code == code, "\(error)", sourceLocation: location)
        }
    }

    // MARK: Okta

    private let okta = ["https://acme.okta.com/oauth2/default"]
    private func oktaClaims(_ changes: String = "") -> String {
        """
        {"ver":1,"jti":"AT.xyz","iss":"https://acme.okta.com/oauth2/default","aud":"orders-api","iat":1799999990,
        "cid":"0oa1abcd","uid":"00u2wxyz","scp":["openid","orders.read"],"auth_time":1799999000,
        "sub":"alice@acme.example","groups":["Everyone","Buyers"]\(changes)}
        """
    }

    @Test("Okta: user with groups and scopes; a service application is a client")
    func oktaTokens() async throws {
        let user = try await verify(oktaClaims(), .okta, issuers: okta, type: nil).principal
        #expect(user.entityText == #"User::"acme/alice@acme.example""#)
        #expect(user.groups == ["Everyone", "Buyers"] && user.scopes == ["openid", "orders.read"])
        let service = try await verify(
            """
            {"ver":1,"jti":"AT.1","iss":"\(okta[0])","aud":"orders-api","cid":"0oa9","sub":"0oa9","scp":["orders.read"]}
            """, .okta, issuers: okta, type: nil)
        #expect(service.principal.entityText == #"Client::"acme/0oa9""# && service.marks.client == "0oa9")
    }

    @Test("Okta: an ID token, a token of the organization's own server, another server's token")
    func oktaAttacks() async {
        await expect(.tokenClaims) {
            try await verify(
                #"{"ver":1,"iss":"\#(okta[0])","aud":"orders-api","sub":"00u2","email":"a@b.example","amr":["pwd"]}"#,
                .okta, issuers: okta, type: nil)
        }
        await expect(.tokenIssuer) {
            try await verify(
                #"{"iss":"https://acme.okta.com","aud":"orders-api","cid":"0oa1","sub":"alice"}"#, .okta, issuers: okta,
                type: nil)
        }
        await expect(.tokenIssuer) {
            try await verify(
                #"{"iss":"https://acme.okta.com/oauth2/default/","aud":"orders-api","cid":"0oa1","sub":"a"}"#, .okta,
                issuers: okta, type: nil)
        }
    }

    // MARK: Entra ID

    private let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
    private let partner = "0c1de7a8-6d23-4e0b-9a5f-0d3a3b1f5a10"
    private func entra(_ version: EntraTenants.Version, _ changes: [String: JSONValue?] = [:]) -> String {
        let usual: JSONValue = [
            "aud": "orders-api", "oid": "5f8c-oid", "sub": "pairwise-sub", "tid": .string(tenant), "uti": "u1",
            "roles": ["Orders.Approve"], "scp": "orders.read orders.write", "groups": ["8c1e-group"],
        ]
        var claims = usual.objectValue ?? JSONObject()
        switch version {
        case .v1:
            claims["iss"] = .string("https://sts.windows.net/\(tenant)/")
            claims["ver"] = "1.0"
            claims["appid"] = "11111111-app"
        case .v2:
            claims["iss"] = .string("https://login.microsoftonline.com/\(tenant)/v2.0")
            claims["ver"] = "2.0"
            claims["azp"] = "11111111-app"
        }
        var members = claims.members.map { ($0.key, $0.value) }
        for (name, value) in changes {
            members.removeAll { $0.0 == name }
            if let value { members.append((name, value)) }
        }
        var all = JSONObject()
        for (name, value) in members { all[name] = value }
        return String(decoding: JSONValue.object(all).canonicalBytes(), as: UTF8.self)
    }

    private func verifyEntra(
        _ claims: String, tenants: [String]? = nil, keyIssuer: String? = nil
    ) async throws -> AuthenticatedCaller {
        let tenants = try EntraTenants(tenants ?? [tenant])
        return try await verify(claims, .entra(tenants), issuers: tenants.issuers, keyIssuer: keyIssuer)
    }

    @Test("Entra ID: version 1 and 2, for a user and for an application", arguments: EntraTenants.Version.allCases)
    func entraTokens(version: EntraTenants.Version) async throws {
        let user = try await verifyEntra(entra(version)).principal
        #expect(user.entityText == #"User::"acme/5f8c-oid""#)
        #expect(user.scopes == ["orders.read", "orders.write"] && user.roles == ["Orders.Approve"])
        #expect(user.groups == ["8c1e-group"])
        for changes in [["scp": nil], ["scp": nil, "idtyp": "app"]] as [[String: JSONValue?]] {
            let application = try await verifyEntra(entra(version, changes)).principal
            #expect(application.entityText == #"Client::"acme/11111111-app""# && application.scopes.isEmpty)
        }
        let person = try await verifyEntra(entra(version, ["scp": nil, "idtyp": "user"])).principal
        #expect(person.kind == .user)
    }

    @Test("Entra ID: several tenants each by their own issuer, keys of all organizations")
    func entraTenants() async throws {
        let both = [tenant, partner]
        let theirs = entra(
            .v2,
            ["tid": .string(partner), "iss": .string("https://login.microsoftonline.com/\(partner)/v2.0")])
        let template = "https://login.microsoftonline.com/{tenantid}/v2.0"
        let caller = try await verifyEntra(theirs, tenants: both, keyIssuer: template)
        #expect(caller.evidence.issuer == "https://login.microsoftonline.com/\(partner)/v2.0")
        await expect(.tokenIssuer) { try await verifyEntra(theirs) }
        // A key that belongs to one tenant vouches for no other.
        await expect(.keyUnknown) {
            try await verifyEntra(
                theirs, tenants: both, keyIssuer: "https://login.microsoftonline.com/\(tenant)/v2.0")
        }
    }

    @Test("Entra ID: tenant or version that contradict the issuer, ID tokens, the template itself as issuer")
    func entraAttacks() async {
        await expect(.tokenClaims) { try await verifyEntra(entra(.v2, ["tid": .string(partner)])) }
        await expect(.tokenClaims) {
            try await verifyEntra(entra(.v2, ["tid": .string(partner)]), tenants: [tenant, partner])
        }
        await expect(.tokenClaims) { try await verifyEntra(entra(.v2, ["tid": nil])) }
        await expect(.tokenClaims) { try await verifyEntra(entra(.v2, ["ver": "1.0"])) }
        await expect(.tokenClaims) { try await verifyEntra(entra(.v2, ["azp": nil, "scp": nil])) }
        await expect(.tokenIssuer) {
            try await verifyEntra(
                entra(.v2, ["iss": "https://login.microsoftonline.com/{tenantid}/v2.0"]), tenants: [tenant, partner])
        }
        await expect(.tokenClaims) { try await verifyEntra(entra(.v2, ["oid": nil])) }
    }

    @Test("Entra ID: groups that were left out are a reason of their own, never an empty list")
    func entraOverage() async {
        let sources: JSONValue = ["groups": "src1"]
        await expect(.groupsOverage) {
            try await verifyEntra(entra(.v2, ["groups": nil, "_claim_names": sources]))
        }
        await expect(.groupsOverage) { try await verifyEntra(entra(.v1, ["groups": nil, "hasgroups": true])) }
    }

    @Test("Entra ID: a list of tenants that would be everybody is refused")
    func entraLists() {
        for tenants in [[], ["common"], ["organizations"], ["*"], ["72F988BF-86F1-41AF-91AB-2D7CD011DB47"], [""]] {
            #expect(throws: EntraTenants.Problem.self) { try EntraTenants(tenants) }
        }
        #expect(throws: EntraTenants.Problem.noVersion) { try EntraTenants([tenant], versions: []) }
    }

    // MARK: Google

    private func google(_ changes: String) -> String {
        """
        {"iss":"https://accounts.google.com","aud":"orders-api","azp":"1122.apps.googleusercontent.com",
        "sub":"110169484474386276334",\(changes),"iat":1799999990}
        """
    }

    @Test("Google: service accounts of a project are clients, people of a hosted domain users")
    func googleTokens() async throws {
        let accounts = try GoogleAccounts(
            hostedDomains: ["acme.example"], serviceAccounts: ["*@proj.iam.gserviceaccount.com"])
        let service = try await verify(
            google(#""email":"robot@proj.iam.gserviceaccount.com","email_verified":true"#), .google(accounts),
            issuers: GoogleAccounts.issuers
        ).principal
        #expect(service.entityText == #"Client::"acme/robot@proj.iam.gserviceaccount.com""#)
        let user = try await verify(
            google(#""email":"alice@acme.example","email_verified":true,"hd":"acme.example""#), .google(accounts),
            issuers: GoogleAccounts.issuers
        ).principal
        #expect(user.entityText == #"User::"acme/110169484474386276334""#)
    }

    @Test(
        "Google: accounts that nobody listed",
        arguments: [
            #""email":"robot@other.iam.gserviceaccount.com","email_verified":true"#,
            #""email":"alice@acme.example","email_verified":true"#,
            #""email":"eve@gmail.com","email_verified":true"#,
            #""email":"eve@evil.example","email_verified":true,"hd":"evil.example""#,
            #""email":"robot@proj.iam.gserviceaccount.com","email_verified":false"#,
            #""email":"robot@proj.iam.gserviceaccount.com""#,
            #""email":"eve@x.proj.iam.gserviceaccount.com","email_verified":true"#,
        ]
    )
    func googleAttacks(changes: String) async throws {
        let accounts = try GoogleAccounts(
            hostedDomains: ["acme.example"], serviceAccounts: ["*@proj.iam.gserviceaccount.com"])
        await expect(.tokenClaims) {
            try await verify(google(changes), .google(accounts), issuers: GoogleAccounts.issuers)
        }
        #expect(throws: GoogleAccounts.Problem.none) { try GoogleAccounts() }
        for account in ["*", "*@gmail.com", "r*@p.iam.gserviceaccount.com", "@p.iam.gserviceaccount.com"] {
            #expect(throws: GoogleAccounts.Problem.notAServiceAccount(account)) {
                try GoogleAccounts(serviceAccounts: [account])
            }
        }
    }

    // MARK: Cognito

    private let pool = ["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf"]

    @Test("Cognito: access tokens without audience by their client, ID tokens only where configured")
    func cognito() async throws {
        let access = """
            {"iss":"\(pool[0])","sub":"aaaa-bbbb","client_id":"7lhl","token_use":"access","origin_jti":"o1",
            "scope":"orders/read","username":"alice","cognito:groups":["buyers"],"version":2,"jti":"j1"}
            """
        let profile = ProviderProfile.cognito(uses: [.access])
        let user = try await verify(access, profile, issuers: pool, audiences: [], clients: ["7lhl"], type: nil)
        #expect(user.principal.entityText == #"User::"acme/aaaa-bbbb""# && user.principal.groups == ["buyers"])
        await expect(.tokenClaims) {
            try await verify(access, profile, issuers: pool, audiences: [], clients: ["other"], type: nil)
        }
        let machine = #"{"iss":"\#(pool[0])","sub":"7lhl","client_id":"7lhl","token_use":"access","scope":"a/b"}"#
        let client = try await verify(machine, profile, issuers: pool, audiences: [], clients: ["7lhl"], type: nil)
        #expect(client.principal.kind == .client)
        let id = #"{"iss":"\#(pool[0])","sub":"aaaa-bbbb","aud":"7lhl","token_use":"id","email":"a@b.example"}"#
        await expect(.tokenClaims) {
            try await verify(id, profile, issuers: pool, audiences: [], clients: ["7lhl"], type: nil)
        }
        let both = ProviderProfile.cognito(uses: [.access, .id])
        let person = try await verify(id, both, issuers: pool, audiences: [], clients: ["7lhl"], type: nil)
        #expect(person.principal.kind == .user)
        await expect(.tokenClaims) {
            try await verify(
                #"{"iss":"\#(pool[0])","sub":"a","aud":"9xyz","token_use":"id"}"#, both, issuers: pool, audiences: [],
                clients: ["7lhl"], type: nil)
        }
        var open = ProviderConfiguration(name: "acme", issuer: pool[0], audiences: [])
        open.profile = profile
        #expect(open.problems == [.noClient])
    }

    // MARK: Auth0

    @Test("Auth0: users and machine-to-machine clients, permissions as an attribute, claims with namespaces")
    func auth0() async throws {
        let domain = ["https://acme.eu.auth0.com/"]
        let claims = """
            {"iss":"\(domain[0])","sub":"auth0|5f7c8ec7","aud":["orders-api","https://acme.eu.auth0.com/userinfo"],
            "azp":"my_client","scope":"openid read:orders","permissions":["read:orders","delete:orders"],
            "https://acme.example/roles":["admin"]}
            """
        let user = try await verify(claims, .auth0, issuers: domain, type: "at+jwt").principal
        #expect(user.entityText == #"User::"acme/auth0|5f7c8ec7""# && user.scopes == ["openid", "read:orders"])
        #expect(user.attributes["permissions"] == ["read:orders", "delete:orders"])
        let machine =
            #"{"iss":"\#(domain[0])","sub":"abc@clients","aud":"orders-api","azp":"abc","gty":"client-credentials"}"#
        #expect(try await verify(machine, .auth0, issuers: domain).principal.entityText == #"Client::"acme/abc""#)
        // An ID token whose audience somebody configured by mistake names no authorized party.
        await expect(.tokenClaims) {
            try await verify(
                #"{"iss":"\#(domain[0])","sub":"auth0|1","aud":"orders-api","nickname":"eve"}"#, .auth0, issuers: domain
            )
        }
        await expect(.tokenAudience) {
            try await verify(
                #"{"iss":"\#(domain[0])","sub":"auth0|1","aud":["https://acme.eu.auth0.com/userinfo"],"azp":"x"}"#,
                .auth0, issuers: domain)
        }
    }

    // MARK: Keycloak

    private let realm = ["https://sso.acme.example/realms/main"]
    private func keycloak(_ type: String, _ rest: String) -> String {
        """
        {"iss":"\(realm[0])","aud":["orders-api","account"],"sub":"f81d4fae-7dec","typ":"\(type)","azp":"web",
        "sid":"s1","jti":"j1","scope":"openid profile","realm_access":{"roles":["offline_access","buyer"]},
        "resource_access":{"orders-api":{"roles":["refund"]},"account":{"roles":["manage-account"]}},\(rest)}
        """
    }

    @Test("Keycloak: roles of the realm and of the API's client, not those of other clients")
    func keycloakTokens() async throws {
        let user = try await verify(keycloak("Bearer", #""preferred_username":"alice""#), .keycloak, issuers: realm)
        #expect(user.principal.kind == .user)
        #expect(user.principal.roles == ["offline_access", "buyer", "refund"])
        #expect(
            user.marks
                == RevocationMarks(
                    issuer: realm[0], subject: "f81d4fae-7dec", client: "web", session: "s1", tokenID: "j1"))
        let service = try await verify(
            keycloak("Bearer", #""preferred_username":"service-account-web","client_id":"web""#), .keycloak,
            issuers: realm)
        #expect(service.principal.entityText == #"Client::"acme/web""#)
    }

    @Test("Keycloak: ID, refresh and logout tokens; a person who calls himself a service account")
    func keycloakAttacks() async throws {
        for type in ["ID", "Refresh", "Logout", "bearer"] {
            await expect(.tokenClaims) {
                try await verify(keycloak(type, #""preferred_username":"alice""#), .keycloak, issuers: realm)
            }
        }
        let eve = try await verify(
            keycloak("Bearer", #""preferred_username":"service-account-web""#), .keycloak, issuers: realm)
        #expect(eve.principal.kind == .user)
    }

    @Test("a list of clients holds for any provider")
    func clients() async throws {
        let claims = #"{"iss":"https://a.test","aud":"orders-api","sub":"alice","azp":"web"}"#
        let caller = try await verify(claims, .openID, issuers: ["https://a.test"], clients: ["web", "app"])
        #expect(caller.principal.id == "alice")
        await expect(.tokenClaims) {
            try await verify(claims, .openID, issuers: ["https://a.test"], clients: ["app"])
        }
        await expect(.tokenClaims) {
            try await verify(
                #"{"iss":"https://a.test","aud":"orders-api","sub":"alice"}"#, .openID, issuers: ["https://a.test"],
                clients: ["app"])
        }
    }
}
