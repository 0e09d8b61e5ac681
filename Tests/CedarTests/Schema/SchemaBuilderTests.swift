// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Schemas made by hand")
struct SchemaBuilderTests {
    private var definition: SchemaDefinition {
        var api = SchemaDefinition.Namespace(name: "Api")
        api.commonTypes = [.init("Address", .record([.init("ip", .extension(.ip)), .init("port", .long)]))]
        api.entityTypes = [
            .init("Team"),
            .init(
                "User", memberOf: ["Team"],
                attributes: [.init("level", .long), .init("mail", .string, isRequired: false)]),
            .init("Order", attributes: [.init("owner", .entity("User"))], tags: .set(.string)),
            .init("Mode", .enumerated(["on", "off"])),
        ]
        api.actions = [
            .init("all"),
            .init(
                "read", memberOf: ["all"],
                appliesTo: .init(
                    principals: ["User"], resources: ["Order"],
                    context: .record([.init("from", .common("Address")), .init("mode", .named("Mode"))]))),
        ]
        return SchemaDefinition([api])
    }

    @Test("a definition resolves, and both formats say the same")
    func resolves() throws {
        let schema = try Schema(definition)
        #expect(schema.actions.map(\.description) == [#"Api::Action::"all""#, #"Api::Action::"read""#])
        #expect(schema.entityTypes.map(\.text) == ["Api::Team", "Api::User", "Api::Order", "Api::Mode"])
        let text = Schema.parse(text: Array(schema.cedarText().utf8), file: "a.cedarschema")
        let json = Schema.parse(json: schema.json(), file: "a.json")
        #expect(text.diagnostics.isEmpty)
        #expect(json.schema?.definition == schema.definition)
    }

    @Test("a definition with undeclared names is refused, every one of them named")
    func refuses() {
        var broken = definition
        broken.namespaces[0].entityTypes[1] = .init(
            "User", memberOf: ["Squad"], attributes: [.init("x", .named("Nothing"))])
        broken.namespaces[0].actions[1].memberOf = ["none"]
        #expect {
            _ = try Schema(broken)
        } throws: { error in
            let problems = (error as? DiagnosticsError)?.diagnostics.map(\.problem) ?? []
            return problems.count == 3 && problems.contains { $0.contains("Squad") }
                && problems.contains { $0.contains("Nothing") } && problems.contains { $0.contains("none") }
        }
    }
}
