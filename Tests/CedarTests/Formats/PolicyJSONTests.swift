// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Policy JSON: the same policies as the text, both ways")
struct PolicyJSONTests {
    private func policy(_ fields: (String, String)..., without missing: String = "") -> String {
        var members = [
            ("effect", #""permit""#), ("principal", #"{"op":"All"}"#), ("action", #"{"op":"All"}"#),
            ("resource", #"{"op":"All"}"#), ("conditions", "[]"),
        ]
        for (name, json) in fields {
            members.removeAll { $0.0 == name }
            members.append((name, json))
        }
        members.removeAll { $0.0 == missing }
        return "{" + members.map { #""\#($0.0)":\#($0.1)"# }.joined(separator: ",") + "}"
    }

    private func parse(_ json: String) -> PolicyParseResult {
        PolicySet.parse(policyJSON: Array(json.utf8), id: "policy0", file: "p.json")
    }

    private func body(of text: String) throws -> PolicyBody {
        let set = try PolicySet.parse(text, file: "p.cedar", naming: .sequential).get()
        return try #require(set["policy0"]).body
    }

    private func set(_ text: String) -> PolicyParseResult {
        let template = policy(("principal", #"{"op":"in","slot":"?principal"}"#))
        let json = text.replacing("STATIC", with: policy()).replacing("TEMPLATE", with: template)
        return PolicySet.parse(json: Array(json.utf8), file: "s.json")
    }

    @Test("expressions mean what their text means", arguments: PolicyJSONTable.expressions)
    func expressions(_ json: String, _ text: String) throws {
        let read = try parse(policy(("conditions", #"[{"kind":"when","body":\#(json)}]"#))).get()
        let wanted = try body(of: "permit(principal, action, resource) when { \(text) };")
        #expect(try #require(read["policy0"]).body.hasSameMeaning(as: wanted))
    }

    @Test("expressions that are refused", arguments: PolicyJSONTable.refusedExpressions)
    func refusedExpressions(_ json: String) {
        let result = parse(policy(("conditions", #"[{"kind":"unless","body":\#(json)}]"#)))
        #expect(result.policies == nil)
        #expect(!result.diagnostics.isEmpty)
    }

    @Test("constraints mean what their text means", arguments: PolicyJSONTable.constraints)
    func constraints(_ json: String, _ text: String) throws {
        let read = try parse(policy(("principal", json))).get()
        #expect(try #require(read["policy0"]).body.hasSameMeaning(as: body(of: "permit(\(text), action, resource);")))
    }

    @Test("static policies with constraints that are refused", arguments: PolicyJSONTable.refusedConstraints)
    func refusedConstraints(_ json: String) {
        let set = #"{"staticPolicies":{"a":\#(policy(("principal", json)))},"templates":{},"templateLinks":[]}"#
        #expect(self.set(set).policies == nil)
    }

    @Test("action constraints mean what their text means", arguments: PolicyJSONTable.actions)
    func actions(_ json: String, _ text: String) throws {
        let read = try parse(policy(("action", json))).get()
        #expect(
            try #require(read["policy0"]).body.hasSameMeaning(as: body(of: "permit(principal, \(text), resource);")))
    }

    @Test("action constraints that are refused", arguments: PolicyJSONTable.refusedActions)
    func refusedActions(_ json: String) { #expect(parse(policy(("action", json))).policies == nil) }

    @Test("fields that make a policy unusable", arguments: PolicyJSONTable.refusedFields)
    func refusedFields(_ field: String, _ json: String) { #expect(parse(policy((field, json))).policies == nil) }

    @Test("every field but the annotations is required", arguments: 0..<5)
    func requiredFields(_ index: Int) throws {
        let name = ["effect", "principal", "action", "resource", "conditions"][index]
        let result = parse(policy(without: name))
        #expect(result.policies == nil)
        #expect(result.diagnostics.map(\.problem).contains("the whole: `\(name)` is missing"))
        #expect(parse(policy()).policies != nil)
    }

    @Test("annotations keep names, values and their absence")
    func annotations() throws {
        let json = policy(("annotations", #"{"a":null,"b":"","if":"k\n","__cedar":"x"}"#))
        let set = try parse(json).get()
        let wanted = try body(of: #"@a @b("") @if("k\n") @__cedar("x") permit(principal, action, resource);"#)
        #expect(try #require(set["policy0"]).body.hasSameMeaning(as: wanted))
    }

    @Test("sets that load", arguments: PolicyJSONTable.sets)
    func sets(_ json: String) throws { _ = try set(json).get() }

    @Test("sets that are refused", arguments: PolicyJSONTable.refusedSets)
    func refusedSets(_ json: String) { #expect(set(json).policies == nil) }

    @Test("links that are refused", arguments: PolicyJSONTable.refusedLinks)
    func refusedLinks(_ json: String) {
        let text = #"{"staticPolicies":{"a":STATIC},"templates":{"t":TEMPLATE},"templateLinks":[\#(json)]}"#
        #expect(set(text).policies == nil)
    }

    @Test("links of a template without slots take part, the template itself does not")
    func slotless() throws {
        let loaded = try set(PolicyJSONTable.sets[3]).get()
        #expect(loaded.effectivePolicies.map(\.id) == ["l"])
        #expect(loaded.textProblems.count == 1)
        #expect(loaded.cedarText() == "permit (principal, action, resource);\n")
    }

    @Test("every problem is reported, with the path and the place of the value")
    func collects() {
        let json = """
            {"staticPolicies": {
               "a": {"effect": "allow", "principal": {"op": "All"}, "action": {"op": "All"},
                     "resource": {"op": "=="}, "conditions": [{"kind": "when", "body": {"==": {
                       "left": {"Var": "x"}, "right": {"Value": null}}}}]},
               "b": 1},
             "templates": {}, "templateLinks": [{}]}
            """
        let result = PolicySet.parse(json: Array(json.utf8), file: "s.json")
        let shown = result.diagnostics.map(\.description)
        #expect(
            shown.map { $0.prefix { $0 != "`" } } == [
                "s.json:2:20: error: ", "s.json:3:22: error: ", "s.json:4:28: error: ", "s.json:4:53: error: ",
                "s.json:5:9: error: ", "s.json:6:37: error: ", "s.json:6:37: error: ", "s.json:6:37: error: ",
            ])
        #expect(shown[2].contains("`staticPolicies.a.conditions[0].body.==.left.Var`: there is no variable `x`"))
    }

    @Test("text becomes JSON in the reference's shape")
    func shape() throws {
        let text = """
            @id("x") permit(principal is A in ?principal, action in [Action::"a"], resource == B::"b")
            when { 1 > 2 && principal has a.b } unless { "x" like "a*" };
            """
        let policy = try #require(PolicySet.parse(text, file: "t.cedar", naming: .sequential).get().templates.first)
        let wanted = """
            {"effect":"permit","principal":{"op":"is","entity_type":"A","in":{"slot":"?principal"}},\
            "action":{"op":"in","entities":[{"type":"Action","id":"a"}]},\
            "resource":{"op":"==","entity":{"type":"B","id":"b"}},"conditions":[{"kind":"when","body":{"&&":{\
            "left":{">":{"left":{"Value":1},"right":{"Value":2}}},"right":{"&&":{"left":{"has":{\
            "left":{"Var":"principal"},"attr":"a"}},"right":{"has":{"left":{".":{"left":{"Var":"principal"},\
            "attr":"a"}},"attr":"b"}}}}}}},{"kind":"unless","body":{"like":{"left":{"Value":"x"},\
            "pattern":[{"Literal":"a"},"Wildcard"]}}}],"annotations":{"id":"x"}}
            """
        #expect(String(decoding: policy.json(), as: UTF8.self) == wanted)
    }

    private static let nestings = [
        (#"{"!":{"arg":"#, #"{"Value":true}"#, "}}"), (#"{"Set":["#, #"{"Value":true}"#, "]}"),
        (#"{".":{"attr":"a","left":"#, #"{"Var":"context"}"#, "}}"),
    ]

    private func nested(_ count: Int, _ open: String, _ inner: String, _ close: String) -> PolicyParseResult {
        let body = String(repeating: open, count: count) + inner + String(repeating: close, count: count)
        return parse(policy(("conditions", #"[{"kind":"when","body":\#(body)}]"#)))
    }

    @Test("hostile nesting is refused with an error", arguments: nestings)
    func hostile(_ open: String, _ inner: String, _ close: String) {
        #expect(nested(20_000, open, inner, close).policies == nil)
        let values = String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000)
        #expect(parse(policy(("conditions", #"[{"kind":"when","body":{"Value":\#(values)}}]"#))).policies == nil)
    }

    @Test("deep but not hostile nesting is read, and survives text and JSON", arguments: nestings)
    func deep(_ open: String, _ inner: String, _ close: String) throws {
        let policy = try #require(nested(240, open, inner, close).get()["policy0"])
        let text = try PolicySet.parse(policy.cedarText(), file: "t", naming: .sequential).get()
        #expect(text["policy0"]?.body.hasSameMeaning(as: policy.body) == true)
        let json = try PolicySet.parse(policyJSON: policy.json(), id: "policy0", file: "j").get()
        #expect(json["policy0"]?.body.hasSameMeaning(as: policy.body) == true)
    }

    @Test("a left fold is no nesting")
    func leftFold() throws {
        var body = #"{"Var":"context"}"#
        for _ in 0..<200 { body = #"{"&&":{"left":\#(body),"right":{"Value":true}}}"# }
        let set = try parse(policy(("conditions", #"[{"kind":"when","body":\#(body)}]"#))).get()
        #expect(try #require(set["policy0"]).body.conditions[0].body.depth == 2)
    }
}
