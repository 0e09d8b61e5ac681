// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("JSON errors: all of them, each where it stands")
struct JSONRecoveryTests {
    /// Line and column of every finding, and what it says.
    private func findings(_ text: String) -> [String] {
        let result = JSONDocument.parse(Array(text.utf8), file: "j")
        #expect((result.document == nil) == !result.diagnostics.isEmpty)
        return result.diagnostics.map { String($0.description.dropFirst(2)).replacing(" error:", with: "") }
    }

    @Test("one slip is one finding, and says what would be accepted", arguments: JSONErrorTable.single)
    func single(_ text: String, _ finding: String) { #expect(findings(text) == [finding]) }

    @Test("several slips are told together", arguments: JSONErrorTable.several)
    func several(_ text: String, _ expected: [String]) { #expect(findings(text) == expected) }

    @Test("invalid UTF-8 is told at its byte", arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]])
    func encoding(_ bytes: [UInt8]) {
        let text = Array("[\"ab".utf8) + bytes + Array("\",\n\"é".utf8) + bytes + Array("\"]".utf8)
        let offsets = JSONDocument.parse(text, file: "j").diagnostics.filter { $0.problem == "not valid UTF-8" }
            .map(\.location.offset)
        #expect(offsets.contains(4) && offsets.contains(text.count - 2 - bytes.count))
        #expect(JSONDocument.parse([0x22, 0x5C, 0x6E] + bytes + [0x22], file: "j").document == nil)
    }

    @Test("no more findings are kept than are wanted")
    func bound() {
        let text = Array("[\(String(repeating: "x,", count: 10_000))]".utf8)
        #expect(JSONDocument.parse(text, file: "j").diagnostics.count == 100)
        #expect(JSONDocument.parse(text, file: "j", limits: DataLimits(maximumDiagnostics: 7)).diagnostics.count == 7)
    }

    private static let whole = """
        {"a": [1, -2, 3.5e+7, true, null], "b\\u00e9": {"c": "d\\n\\ud83d\\ude00", "e": {}, "f": []},
         "g": "é😀", "h": [{"i": false}, {"i": "j"}, [[0]]]}
        """

    @Test("a text that is cut off anywhere is refused, in order and inside of the text")
    func cut() {
        let bytes = Array(Self.whole.utf8)
        #expect(JSONDocument.parse(bytes, file: "j").document != nil)
        for length in 0..<bytes.count { expectFindings(Array(bytes[..<length])) }
    }

    @Test("whatever byte is missing, doubled or replaced, findings are in order and inside of the text")
    func damaged() {
        let bytes = Array(Self.whole.utf8)
        for place in bytes.indices {
            var less = bytes
            less.remove(at: place)
            expectOrder(less)
            for byte in [bytes[place], 0x00, 0x22, 0x2C, 0x3A, 0x5B, 0x5D, 0x7B, 0x7D, 0x5C, 0x0A, 0x2F, 0xC3] {
                var (replaced, more) = (bytes, bytes)
                replaced[place] = byte
                more.insert(byte, at: place)
                expectOrder(replaced)
                expectOrder(more)
            }
        }
    }

    private func expectFindings(_ bytes: [UInt8]) {
        #expect(JSONDocument.parse(bytes, file: "j").document == nil, "\(String(decoding: bytes, as: UTF8.self))")
        expectOrder(bytes)
    }

    private func expectOrder(_ bytes: [UInt8]) {
        let result = JSONDocument.parse(bytes, file: "j")
        let offsets = result.diagnostics.map(\.location.offset)
        #expect((result.document == nil) == !offsets.isEmpty)
        #expect(zip(offsets, offsets.dropFirst()).allSatisfy { $0 < $1 } && offsets.allSatisfy { $0 <= bytes.count })
    }
}

@Suite("JSON errors reach those who read policies, schemas, entities and requests")
struct JSONErrorReportTests {
    private static let text = "{\n  \"a\": [1, },\n  , \"b\": 1\n\"c\" 2}"

    private func places(_ diagnostics: [Diagnostic]) -> [String] {
        diagnostics.map { "\($0.location.line):\($0.location.column)" }
    }

    @Test("policies: every error of syntax is told, not the first alone")
    func policies() {
        let bytes = Array(
            "{\"staticPolicies\": {\"a\": {\"effect\": permit}},\n \"templates\": {},\n \"templateLinks\": []]".utf8)
        let found = PolicySet.parse(json: bytes, file: "p.json").diagnostics
        #expect(
            found.map(\.description) == [
                "p.json:1:37: error: unexpected `permit`; expected a value",
                "p.json:3:21: error: unexpected `]`; expected `,` or `}`",
                "p.json:3:22: error: the text ends too early; expected `}` for the `{` in line 1, column 1",
            ])
        let single = PolicySet.parse(policyJSON: bytes, id: "a", file: "p.json").diagnostics
        #expect(single == found)
        let files = PolicySet.parse(files: [PolicySource(file: "p.json", bytes: bytes)]).diagnostics
        #expect(files == found)
    }

    @Test("a schema, entities, requests: the same")
    func others() throws {
        let bytes = Array(Self.text.utf8)
        let expected = ["2:12", "3:3", "4:1", "4:5"]
        #expect(places(Schema.parse(json: bytes, file: "s.json").diagnostics) == expected)
        #expect(places(EntityStore.parse(json: bytes, file: "e.json").diagnostics) == expected)
        let schema = try Schema.parse(json: Array("{}".utf8), file: "s.json").get()
        #expect(places(EntityStore.parse(json: bytes, file: "e.json", schema: schema).diagnostics) == expected)
        #expect(places(schema.diagnose(requests: bytes, file: "r.json")) == expected)
        #expect(throws: EntityError.json(path: "", problem: "2:12: unexpected `}`; expected a value")) {
            try EntityStore.parse(json: bytes)
        }
    }

    @Test("a failing expression of a policy in JSON is found where it stands")
    func expressions() throws {
        let schema = try Schema.parse(
            text: Array("entity U; action a appliesTo { principal: U, resource: U };".utf8), file: "s"
        ).get()
        let text = """
            {"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"}, "resource": {"op": "All"},
             "conditions": [{"kind": "when", "body": {"&&": {
               "left": {"==": {"left": {"Value": 1}, "right": {"Value": 1}}},
               "right": {"<": {"left": {"Var": "principal"}, "right": {"Value": 1}}}}}}]}
            """
        let set = try PolicySet.parse(policyJSON: Array(text.utf8), id: "p", file: "p.json").get()
        let found = schema.validate(set).errors
        #expect(found.map(\.location.description) == ["p.json:4:28"])
    }
}
