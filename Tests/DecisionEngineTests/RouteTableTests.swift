// SPDX-License-Identifier: Apache-2.0

import Callout
import DecisionEngine
import Testing

@Suite("Routes: gateway, proxy, host, method and path template")
struct RouteTableTests {
    private static func api(
        _ name: String, base: String, hosts: [String] = [], proxies: [String] = [], gateways: [String] = [],
        _ routes: [(name: String, methods: [String], path: String)]
    ) throws -> APIDefinition {
        APIDefinition(
            name: name, gateways: gateways, hosts: hosts, proxies: proxies, basePath: try PathTemplate(base),
            providers: [],
            routes: try routes.map {
                RouteDefinition(name: $0.name, methods: $0.methods, path: try PathTemplate($0.path))
            })
    }

    private func match(
        _ table: RouteTable, _ method: String, _ path: String, host: String? = nil, proxy: String? = nil,
        gateway: String = "g", route: String? = nil
    ) throws -> (name: String, parameters: [String: String])? {
        let identity = GatewayIdentity(name: gateway, peer: "", authentication: .none, mayForward: false)
        var callout = CalloutRequest(dialect: .apigee, gateway: identity)
        (callout.method, callout.path, callout.host, callout.proxy) = (method, path, host, proxy)
        callout.routeName = route
        let found = table.match(callout, path: try CanonicalPath(path), host: host.flatMap { CanonicalHost.read($0) })
        return found.map { match in
            (match.route.name, Dictionary(uniqueKeysWithValues: match.parameters.map { ($0.name, $0.value) }))
        }
    }

    @Test("the most specific template wins, whatever the order of the file")
    func specificity() throws {
        let routes: [(name: String, methods: [String], path: String)] = [
            ("rest", [], "/{rest...}"), ("one", ["GET"], "/{id}"), ("me", ["GET"], "/me"),
            ("lines", ["GET"], "/{id}/lines"), ("root", ["GET"], "/"),
        ]
        for order in [routes, routes.reversed()] {
            let table = try RouteTable([try Self.api("a", base: "/v1/orders", order)])
            #expect(try match(table, "GET", "/v1/orders/me")?.name == "me")
            #expect(try match(table, "GET", "/v1/orders/7")?.parameters == ["id": "7"])
            #expect(try match(table, "GET", "/v1/orders/7/lines")?.name == "lines")
            #expect(try match(table, "POST", "/v1/orders/7")?.name == "rest")
            #expect(try match(table, "GET", "/v1/orders/7/a/b")?.parameters == ["rest": "7/a/b"])
            #expect(try match(table, "GET", "/v1/orders")?.name == "root")
            #expect(try match(table, "GET", "/v1/orders/")?.name == "root")
            #expect(try match(table, "GET", "/v1/ordersX/7") == nil)
            #expect(try match(table, "GET", "/v1") == nil)
        }
    }

    @Test("the longest base path wins, and its API does not fall back to a shorter one")
    func basePaths() throws {
        let table = try RouteTable([
            try Self.api("all", base: "/", [("any", [], "/{rest...}")]),
            try Self.api("orders", base: "/orders", [("read", ["GET"], "/{id}")]),
        ])
        #expect(try match(table, "GET", "/orders/1")?.name == "read")
        #expect(try match(table, "DELETE", "/orders/1") == nil)
        #expect(try match(table, "DELETE", "/users/1")?.name == "any")
    }

    @Test("hosts and proxies are both demanded where the gateway names them")
    func hostsAndProxies() throws {
        let table = try RouteTable([
            try Self.api("a", base: "/", hosts: ["api.test", "*.shop.test"], proxies: ["p"], [("r", [], "/{id}")])
        ])
        #expect(try match(table, "GET", "/1", host: "API.test:443", proxy: "p")?.name == "r")
        #expect(try match(table, "GET", "/1", host: "eu.shop.test", proxy: "p")?.name == "r")
        #expect(try match(table, "GET", "/1", host: "shop.test", proxy: "p") == nil)
        #expect(try match(table, "GET", "/1", host: "api.test", proxy: "q") == nil)
        #expect(try match(table, "GET", "/1", host: "other.test", proxy: "p") == nil)
        #expect(try match(table, "GET", "/1", proxy: "p")?.name == "r", "Apigee without headers sends no host")
        #expect(try match(table, "GET", "/1", host: "api.test")?.name == "r", "other gateways have no proxies")
        #expect(try match(table, "GET", "/1") == nil, "neither host nor proxy is known")
    }

    @Test("an API of one gateway is not there for another, by name either")
    func gateways() throws {
        let table = try RouteTable([try Self.api("a", base: "/", gateways: ["edge"], [("r", [], "/{id}")])])
        #expect(try match(table, "GET", "/1", gateway: "edge")?.name == "r")
        #expect(try match(table, "GET", "/1", gateway: "g") == nil)
        #expect(try match(table, "GET", "/1", gateway: "g", route: "r") == nil)
        #expect(try match(table, "GET", "/x/y", gateway: "edge", route: "r")?.name == "r")
        #expect(try match(table, "GET", "/1", gateway: "edge", route: "R") == nil)
    }

    @Test("literals compare byte for byte: no canonical equivalence, no case folding")
    func bytes() throws {
        let table = try RouteTable([try Self.api("a", base: "/", [("r", [], "/caf\u{E9}")])])
        #expect(try match(table, "GET", "/caf%C3%A9")?.name == "r")
        #expect(try match(table, "GET", "/cafe%CC%81") == nil)
        #expect(try match(table, "GET", "/CAF%C3%A9") == nil)
    }

    @Test("routes that would match the same requests are refused when the table is built")
    func overlaps() throws {
        let clash = try Self.api("a", base: "/", [("x", ["GET", "PUT"], "/{id}"), ("y", ["PUT"], "/{other}")])
        #expect(throws: RouteTable.Overlap.self) { try RouteTable([clash]) }
        let twice = try Self.api("a", base: "/", [("x", ["GET"], "/{id}"), ("x", ["PUT"], "/{id}")])
        #expect(throws: RouteTable.Overlap.self) { try RouteTable([twice]) }
    }

    @Test(
        "templates that cannot be meant are refused",
        arguments: ["x", "/a{b}", "/{a}/{a}", "/{}", "/{1a}", "/{a...}/b", "//a", "/{a"]
    )
    func badTemplates(text: String) {
        #expect(throws: PathTemplate.Problem.self) { try PathTemplate(text) }
    }
}
