// SPDX-License-Identifier: Apache-2.0

import CountersignServer
import Foundation
import Testing

@Suite("Configuration: every problem at once, with its line")
struct ServerConfigurationTests {
    private static let good = """
        data: state
        gateways:
          edge: { subjects: ["spiffe://acme/edge"] }
        providers:
          acme: { type: oidc, issuer: "https://idp.example.test/", audiences: [orders-api], jwks_file: keys.json }
        apis:
          orders:
            match: { hosts: ["api.example.test"], base_path: /v1/orders }
            providers: [acme]
            routes:
              - { name: orders.read, match: { methods: [GET], path: "/{id}" } }
        audit: { origin: acme/dev, key: "file:log.key" }
        """

    private func problems(_ text: String, overrides: [String: String] = [:]) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("c.yaml")
        try Data(text.utf8).write(to: file)
        return ServerConfiguration.read(file.path, overrides: overrides).problems.map { problem in
            problem.description.replacingOccurrences(of: folder.path + "/", with: "")
        }
    }

    @Test("a good file has none")
    func good() throws { #expect(try problems(Self.good) == []) }

    @Test("several mistakes are told together, each as file:line: path: message")
    func several() throws {
        let text = Self.good
            .replacingOccurrences(of: "issuer:", with: "isuer:")
            .replacingOccurrences(of: "methods: [GET]", with: "methods: [get]")
            .replacingOccurrences(of: "providers: [acme]", with: "providers: [other]")
            .replacingOccurrences(of: "audit: {", with: "audit: { checkpoint_interval: 5,")
        let found = try problems(text)
        #expect(found.contains { $0.hasPrefix("c.yaml:5: providers.acme.isuer: is not a known key") })
        #expect(found.contains { $0.hasPrefix("c.yaml:5: providers.acme.issuer: is missing") })
        #expect(found.contains { $0.hasPrefix("c.yaml:9: apis.orders.providers: `other` is not a provider") })
        #expect(found.contains { $0.hasPrefix("c.yaml:11: apis.orders.routes[0].match.methods: `get`") })
        #expect(found.contains { $0.hasPrefix("c.yaml:12: audit.checkpoint_interval: must be a number with a unit") })
    }

    @Test("a route leaves strict mode only where the log lets it; what has no effect is said")
    func asyncRoutes() throws {
        let route = Self.good.replacingOccurrences(
            of: "methods: [GET], path: \"/{id}\" }", with: "methods: [GET] }, audit: { mode: async }")
        #expect(
            try problems(route).contains {
                $0.hasPrefix("c.yaml:11: apis.orders.routes[0].audit.mode: must be `strict` unless `audit.mode`")
            })
        let allowed = route.replacingOccurrences(
            of: "audit: { origin",
            with: "audit: { mode: async, max_delay: 50ms, max_unsynced: 100, when_full: drop, origin")
        #expect(try problems(allowed) == [])
        let wrong = route.replacingOccurrences(of: "mode: async }", with: "mod: async }")
        #expect(
            try problems(wrong).contains {
                $0.hasPrefix("c.yaml:11: apis.orders.routes[0].audit.mod: is not a known key")
            })
        let idle = Self.good.replacingOccurrences(of: "audit: { origin", with: "audit: { when_full: drop, origin")
        #expect(
            try problems(idle).contains {
                $0.hasPrefix("c.yaml:12: audit.when_full: has no effect without `mode: async`")
            })
    }

    @Test("what is not YAML, or not a mapping, is said with its line")
    func notYAML() throws {
        #expect(try problems("a: [1,\nb: }").first?.hasPrefix("c.yaml:2") ?? false)
        #expect(try problems("- a").count == 1)
        #expect(try problems("").count == 1)
        #expect(try problems("a: 1\na: 2").count == 1)
    }

    @Test("a listener beyond loopback needs gateways that prove themselves, or an operator who says otherwise")
    func exposure() throws {
        let open = "listeners: { grpc: { address: \"0.0.0.0:9191\" } }\n" + Self.good
        #expect(try problems(open) == [], "every gateway has a subject")
        let unproven = open.replacingOccurrences(
            of: "subjects: [\"spiffe://acme/edge\"]", with: "forwarded_headers: true")
        #expect(try problems(unproven).contains { $0.contains("beyond loopback") })
        let none = open.replacingOccurrences(
            of: "gateways:\n  edge: { subjects: [\"spiffe://acme/edge\"] }\n", with: "")
        #expect(try problems(none).contains { $0.contains("beyond loopback") })
        let said = none.replacingOccurrences(of: "9191\"", with: "9191\", allow_unauthenticated: true")
        #expect(try problems(said) == [])
        let admin = "listeners: { admin: { address: \"0.0.0.0:9193\" } }\n" + Self.good
        #expect(try problems(admin).contains { $0.contains("listeners.admin") })
    }

    @Test("keys are references, never values")
    func secrets() throws {
        let text = Self.good.replacingOccurrences(
            of: "subjects: [", with: "keys: [\"0123456789abcdef0123\"], subjects: [")
        let found = try problems(text)
        #expect(found.contains { $0.contains("must hold references") })
        #expect(!found.contains { $0.contains("0123456789abcdef0123") })
    }

    @Test("overrides replace scalars by path")
    func overrides() throws {
        #expect(try problems(Self.good, overrides: ["listeners.grpc.address": "127.0.0.1:0"]) == [])
        #expect(try problems(Self.good, overrides: ["listeners.grpc.address": "nowhere"]).count == 1)
    }

    @Test("two routes for the same requests, and two providers with one issuer, are found")
    func conflicts() throws {
        let twice = Self.good.replacingOccurrences(
            of: "path: \"/{id}\" } }",
            with: "path: \"/{id}\" } }\n      - { name: other, match: { methods: [GET], path: \"/{x}\" } }")
        #expect(try problems(twice).contains { $0.contains("match the same requests") })
        let issuers = Self.good
            .replacingOccurrences(of: "providers: [acme]", with: "providers: [acme, twin]")
            .replacingOccurrences(
                of: "apis:",
                with: "  twin: { issuer: \"https://idp.example.test/\", audiences: [a], jwks_file: k.json }\napis:")
        #expect(try problems(issuers).contains { $0.contains("same issuer") })
    }
}
