// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Schemas: what both formats accept, refuse and write")
struct SchemaFormatTests {
    private func parse(_ text: String) -> SchemaParseResult {
        Schema.parse(text: Array((text + SchemaTextTable.frame).utf8), file: "t.cedarschema")
    }

    @Test("texts that are accepted", arguments: SchemaTextTable.accepted)
    func accepts(_ text: String) { #expect(parse(text).schema != nil) }

    @Test("texts that are refused, with a place", arguments: SchemaTextTable.refused)
    func refuses(_ text: String) {
        let result = parse(text)
        #expect(result.schema == nil)
        #expect(result.diagnostics.contains { $0.severity == .error && $0.location.line >= 1 })
        #expect(throws: DiagnosticsError.self) { try result.get() }
    }

    @Test("JSON that is accepted")
    func acceptsJSON() {
        for (frame, parts) in SchemaJSONTable.accepted {
            for part in parts {
                let result = Schema.parse(json: Array(frame.around(part).utf8), file: "t.json")
                #expect(result.schema != nil, "\(frame) \(part): \(result.diagnostics)")
            }
        }
    }

    @Test("JSON that is refused, with a place")
    func refusesJSON() {
        for (frame, parts) in SchemaJSONTable.refused {
            for part in parts {
                let result = Schema.parse(json: Array(frame.around(part).utf8), file: "t.json")
                #expect(result.schema == nil, "\(frame) \(part)")
                #expect(result.diagnostics.contains { $0.severity == .error }, "\(frame) \(part)")
            }
        }
    }

    @Test("what a text says survives both formats", arguments: SchemaTextTable.accepted)
    func textSurvives(_ text: String) throws {
        let schema = try parse(text).get()
        try expectSurvival(of: schema)
    }

    @Test("what JSON says survives both formats")
    func jsonSurvives() throws {
        for (frame, parts) in SchemaJSONTable.accepted {
            for part in parts {
                try expectSurvival(of: try Schema.parse(json: Array(frame.around(part).utf8), file: "t.json").get())
            }
        }
    }

    private func expectSurvival(of schema: Schema) throws {
        let text = schema.cedarText()
        let fromText = try Schema.parse(text: Array(text.utf8), file: "w.cedarschema").get()
        #expect(fromText.meaning == schema.meaning, "\(text)")
        #expect(fromText.cedarText() == text)
        let json = schema.json()
        let fromJSON = try Schema.parse(json: json, file: "w.json").get()
        #expect(fromJSON.meaning == schema.meaning, "\(String(decoding: json, as: UTF8.self))")
        #expect(fromJSON.json() == json)
    }

    @Test("annotations survive both formats")
    func annotations() throws {
        let text = """
            @doc("a \\"quoted\\" word") @if @empty("")
            namespace A {
              @b entity E { @c("x") d: { @e f: Long } };
              @g("y") action h;
              @i type T = Long;
            }
            """
        let schema = try Schema.parse(text: Array(text.utf8), file: "t").get()
        let written = try Schema.parse(text: Array(schema.cedarText().utf8), file: "t").get()
        #expect(written.definition == schema.definition)
        let json = try Schema.parse(json: schema.json(), file: "t").get()
        #expect(json.definition.namespaces.first?.annotations == schema.definition.namespaces.first?.annotations)
        #expect(json.definition.namespaces.first?.actions == schema.definition.namespaces.first?.actions)
        #expect(String(decoding: schema.json(), as: UTF8.self).contains(#""e":null"#))
    }

    @Test("an entity type that a common type hides is still meant after writing")
    func hidden() throws {
        let json = """
            {"N": {"entityTypes": {"T": {}, "Q": {"shape": {"type": "Record", "attributes": {
            "a": {"type": "Entity", "name": "T"}, "b": {"type": "T"}}}}}, "actions": {},
            "commonTypes": {"T": {"type": "Long"}, "T_": {"type": "String"}}}}
            """
        let result = Schema.parse(json: Array(json.utf8), file: "t.json")
        #expect(result.diagnostics.map(\.severity) == [.warning])
        try expectSurvival(of: try result.get())
    }

    @Test("a finding gives line, column and what would be accepted")
    func findings() throws {
        let text = """
            entity User in [Group] { level: Lng };
            action "read" appliesTo { principal: User };
            action write appliesTo { principal: User, resource: [], };
            type if = Long;
            """
        let diagnostics = Schema.parse(text: Array(text.utf8), file: "s.cedarschema").diagnostics
        #expect(diagnostics.map { "\($0.location.line):\($0.location.column)" } == ["2:25", "3:54", "4:6"])
        #expect(diagnostics[0].expected == "`resource: [...]`")
        let names = "\n\nentity User in [Group] { level: Lng };"
        let unresolved = Schema.parse(text: Array(names.utf8), file: "s.cedarschema").diagnostics
        #expect(unresolved.map(\.location.description).sorted() == ["s.cedarschema:3:17", "s.cedarschema:3:33"])
    }

    @Test("a finding in JSON gives path, line and column")
    func findingsInJSON() throws {
        let json = """
            {"": {
              "entityTypes": {"User": {"shape": {"type": "Record", "attributes": {"a b": {"type": "Set"}}}}},
              "actions": {"read": {"appliesTo": {"principalTypes": [1], "resourceTypes": []}}}
            }}
            """
        let diagnostics = Schema.parse(json: Array(json.utf8), file: "s.json").diagnostics
        #expect(diagnostics.map(\.location.description) == ["s.json:2:78", "s.json:3:57"])
        #expect(diagnostics[0].problem.hasPrefix(#""".entityTypes.User.shape.attributes."a b": "#))
        let undeclared = #"{"": {"entityTypes": {"User": {"memberOfTypes": ["Group"]}}, "actions": {}}}"#
        let found = Schema.parse(json: Array(undeclared.utf8), file: "s.json").diagnostics
        #expect(found.map(\.location.column) == [50])
    }

    @Test("of an attribute that stands twice the last one counts, with a warning")
    func repeatedAttribute() throws {
        let result = Schema.parse(text: Array("entity User { a: Missing, a: Long };".utf8), file: "s")
        #expect(result.schema?.meaning == [#"User in [] {"a": long} tags none"#])
        #expect(result.diagnostics.map(\.severity) == [.warning])
    }

    @Test("every problem is collected, up to the limit")
    func limits() {
        let text = String(repeating: "entity A { b: C };\n", count: 50)
        let few = Schema.parse(text: Array(text.utf8), file: "s", limits: SchemaLimits(maximumDiagnostics: 7))
        #expect(few.schema == nil)
        #expect(few.diagnostics.count == 7)
        let long = Schema.parse(text: Array(text.utf8), file: "s", limits: SchemaLimits(maximumBytes: 100))
        #expect(long.diagnostics.count == 1)
        let many = (0..<20).map { "entity E\($0);" }.joined()
        let limited = Schema.parse(text: Array(many.utf8), file: "s", limits: SchemaLimits(maximumDeclarations: 19))
        #expect(limited.schema == nil)
    }
}
