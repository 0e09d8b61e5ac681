// SPDX-License-Identifier: Apache-2.0

import CountersignServer
import Foundation
import Testing

@Suite("Configuration: providers by name")
struct ProviderReadingTests {
    /// The problems of a file with one provider `p`, without its file and line.
    private func problems(_ provider: String) throws -> [String] {
        let text = """
            providers:
              p: { \(provider) }
            apis:
              orders:
                providers: [p]
                routes: [{ name: orders.read }]
            """
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("c.yaml")
        try Data(text.utf8).write(to: file)
        return ServerConfiguration.read(file.path).problems.map(\.message)
    }

    @Test(
        "each with the least that it needs",
        arguments: [
            "type: okta, issuer: \"https://acme.okta.com/oauth2/default\", audiences: [orders-api]",
            "type: entra, tenants: [72f988bf-86f1-41af-91ab-2d7cd011db47], audiences: [\"api://orders\"]",
            "type: google, hosted_domains: [acme.example], audiences: [orders-api]",
            "type: google, service_accounts: [\"*@p.iam.gserviceaccount.com\"], audiences: [orders-api]",
            "type: cognito, issuer: \"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A\", clients: [7lhl]",
            "type: auth0, issuer: \"https://acme.eu.auth0.com/\", audiences: [orders-api]",
            "type: keycloak, issuer: \"https://sso.acme.example/realms/main\", audiences: [orders-api]",
        ]
    )
    func good(provider: String) throws { #expect(try problems(provider) == []) }

    @Test(
        "what would let in everybody, or nobody, is refused",
        arguments: [
            ("type: entra, audiences: [a]", "must list at least one tenant"),
            ("type: entra, tenants: [common], audiences: [a]", "`common` is not the id of a tenant"),
            ("type: entra, tenants: [72f988bf-86f1-41af-91ab-2d7cd011db47], versions: [v3], audiences: [a]", "`v3`"),
            ("type: google, audiences: [a]", "must list `hosted_domains` or `service_accounts`"),
            ("type: google, service_accounts: [\"*\"], audiences: [a]", "`*` is neither the address"),
            ("type: cognito, issuer: \"https://cognito-idp.example/x\"", "`clients` must name at least one client id"),
            ("type: okta, issuer: \"https://acme.okta.com\", audiences: [a]", "organization server"),
            ("type: auth0, issuer: \"https://acme.eu.auth0.com/\"", "name at least one audience"),
            ("type: ldap, issuer: \"https://a.example\", audiences: [a]", "must be one of `oidc`, `okta`"),
            ("type: oidc, issuer: \"https://a.example\", audiences: [a], tenants: [b]", "is not a known key"),
        ]
    )
    func refused(provider: String, problem: String) throws {
        #expect(try problems(provider).contains { $0.contains(problem) })
    }
}
