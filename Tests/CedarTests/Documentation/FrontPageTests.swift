// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Cedar

@Suite("Front page of Cedar: its code runs, and it names what there is")
struct FrontPageTests {
    private static let page = "Sources/Cedar/Documentation.docc/Cedar.md"

    @Test("a request is decided")
    func decide() throws {
        // page: decide
        let policies = try PolicySet.parse(
            """
            @id("owner-reads")
            permit (principal is User, action == Action::"read", resource is Order)
            when { resource has owner && resource.owner == principal };
            """, file: "orders.cedar"
        ).get()
        let entities = try EntityStore.parse(
            json: Array(
                """
                [{"uid": {"type": "Order", "id": "4711"}, "parents": [],
                  "attrs": {"owner": {"__entity": {"type": "User", "id": "alice"}}}}]
                """.utf8))
        let engine = PolicyEngine(policies: policies, entities: entities)

        guard let alice = EntityUID("User", "alice"), let read = EntityUID("Action", "read"),
            let order = EntityUID("Order", "4711")
        else { return }
        let response = try engine.authorize(Request(principal: alice, action: read, resource: order))
        print(response.decision.rawValue, response.determining)  // allow [owner-reads]
        // page: end
        #expect(response.decision == .allow)
        #expect("\(response.decision.rawValue) \(response.determining)" == "allow [owner-reads]")
    }

    @Test("policies are checked against a schema")
    func validate() throws {
        let policies = try PolicySet.parse("permit (principal, action, resource);", file: "orders.cedar").get()
        // page: validate
        let text = """
            entity User;
            entity Order { owner?: User };
            action read appliesTo { principal: User, resource: Order };
            """
        let schema = try Schema.parse(text: Array(text.utf8), file: "orders.cedarschema").get()
        let result = schema.validate(policies)
        for finding in result.errors + result.warnings { print(finding) }
        // page: end
        #expect(result.passed && result.warnings.isEmpty)
        let wrong = try PolicySet.parse(
            "permit (principal, action, resource) when { resource.owner == principal };", file: "orders.cedar"
        ).get()
        #expect(schema.validate(wrong).errors.map(\.kind) == [.unsafeOptionalAccess])
    }

    @Test("prepared requests are decided alike")
    func prepare() throws {
        let policies = try PolicySet.parse(
            """
            @id("office-hours")
            permit (principal in Group::"clerks", action, resource)
            when { context.now.toTime() >= duration("8h") };
            """, file: "orders.cedar"
        ).get()
        let engine = PolicyEngine(policies: policies)
        let alice = try #require(EntityUID("User", "alice"))
        let clerks = try #require(EntityUID("Group", "clerks"))
        let read = try #require(EntityUID("Action", "read"))
        let order = try #require(EntityUID("Order", "4711"))
        let milliseconds: Int64 = 1_772_446_500_000
        // page: prepare
        // Once, as long as the engine lives.
        let (now, action) = (engine.key("now"), engine.prepare(read))
        // Once for each caller.
        let principal = engine.prepare(alice)
        let caller = try engine.prepare([Entity(uid: alice, parents: [clerks])])
        // For each request.
        let request = PreparedRequest(
            principal: principal, action: action, resource: engine.prepare(order),
            context: PreparedRecord([(now, .datetime(milliseconds: milliseconds))]))
        let response = try engine.authorize(request, entities: [caller])
        // page: end
        #expect(response.decision == .allow)
        #expect(response.determining == ["office-hours"])
    }

    @Test("the page shows the code of these tests", arguments: ["decide", "validate", "prepare"])
    func shown(_ name: String) throws {
        let lines = try DocumentationFiles.text("Tests/CedarTests/Documentation/FrontPageTests.swift")
            .split(separator: "\n", omittingEmptySubsequences: false)
        let code = lines.drop { $0 != "        // page: \(name)" }.dropFirst().prefix { $0 != "        // page: end" }
        #expect(!code.isEmpty)
        let text = code.map { $0.dropFirst(8) + "\n" }.joined()
        let blocks = try Page(Self.page).blocks.filter { $0.language == "swift" }
        #expect(blocks.count == 3)
        #expect(blocks.contains { $0.text == text })
    }

    @Test("the page links to every public type, and to nothing that is not there")
    func links() throws {
        let page = try DocumentationFiles.text(Self.page)
        let sources = try DocumentationFiles.sources(below: "Sources/Cedar")
        let types = Set(
            sources.matches(of: /(?m)^public (?:final |indirect )?(?:class|struct|enum|protocol) (\w+)/)
                .map { String($0.1) })
        #expect(types.count > 40)
        let links = page.matches(of: /``([A-Z][^`\n]*)``/).map { String($0.1) }
        for type in types { #expect(links.contains(type), "the page does not name \(type)") }
        for link in links {
            let steps = link.split(separator: "/")
            let root = try #require(steps.first)
            #expect(types.contains(String(root)) || root == "Cedar", "there is no public type \(root)")
            for step in steps.dropFirst() {
                let name = step.prefix { $0 != "(" && $0 != ":" }
                let declaration = try Regex("public [a-z() ]*(?:func|var|let|case|struct|enum|static let) \(name)\\b")
                let isCase = try Regex("(?m)^    case [^/]*\\b\(name)\\b")
                let isInitializer = name == "init"
                #expect(
                    isInitializer || sources.contains(declaration) || sources.contains(isCase),
                    "nothing public is called \(link)")
            }
        }
    }
}
