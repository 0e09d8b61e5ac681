// SPDX-License-Identifier: Apache-2.0
import Callout
import Identity
import StrictJSON
import Testing

@Suite("Claims to principal")
struct ClaimMappingTests {
    private func principal(_ json: String, _ mapping: ClaimMapping = ClaimMapping()) throws -> Principal {
        let claims = try #require(try JSONValue.parse(Array(json.utf8)).objectValue)
        return try mapping.principal(provider: "acme", issuer: "https://a.test", claims: claims)
    }

    @Test(
        "a client that acts for itself is a client, a person a user",
        arguments: [
            (#"{"sub":"alice","client_id":"app"}"#, Principal.Kind.user, "alice"),
            (#"{"sub":"app","client_id":"app"}"#, .client, "app"),
            (#"{"sub":"0oa1","cid":"0oa1","scp":["a"]}"#, .client, "0oa1"),
            (#"{"sub":"x@clients","azp":"x","gty":"client-credentials"}"#, .client, "x"),
            (#"{"sub":"oid","appid":"app","idtyp":"app"}"#, .client, "app"),
            (#"{"sub":"u","azp":"a","client_id":"a","preferred_username":"service-account-a"}"#, .client, "a"),
            (#"{"sub":"u","azp":"a","preferred_username":"service-account-a"}"#, .user, "u"),
            (#"{"client_id":"app"}"#, .client, "app"),
        ]
    )
    func kinds(json: String, kind: Principal.Kind, id: String) throws {
        let found = try principal(json)
        #expect(found.kind == kind && found.id == id)
    }

    @Test("scopes as string and array, groups and roles by path, attributes by name")
    func lists() throws {
        let mapping = ClaimMapping(roles: ["roles", "/realm_access/roles"], attributes: [.init("tenant", "/org/id")])
        let json = """
            {"sub":"a","scope":"read write","scp":["write","admin"],"groups":["g1"],
             "realm_access":{"roles":["r1"]},"org":{"id":7}}
            """
        let found = try principal(json, mapping)
        #expect(found.scopes == ["read", "write", "admin"] && found.groups == ["g1"] && found.roles == ["r1"])
        #expect(found.attributes["tenant"] == 7)
    }

    @Test(
        "wrong types, no subject and left-out groups are refused, never taken for nothing",
        arguments: [
            (#"{"sub":"a","groups":[1]}"#, "groups", ClaimProblem.wrongType),
            (#"{"sub":"a","scope":{"x":1}}"#, "scope", .wrongType), (#"{}"#, "sub", .missing),
            (#"{"sub":"","client_id":"c"}"#, "sub", .missing),
            (#"{"sub":"a","_claim_names":{"groups":"src1"}}"#, "groups", .overage),
            (#"{"sub":"a","hasgroups":true}"#, "groups", .overage),
        ]
    )
    func refuses(json: String, name: String, problem: ClaimProblem) {
        #expect(throws: IdentityError.claimNotAccepted(name: name, problem)) { try principal(json) }
    }
}
