// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Files of policies: text, JSON and links make one set")
struct PolicyFilesTests {
    private static let template = #"@id("share") permit (principal == ?principal, action, resource in ?resource);"#
    private static let any =
        #""principal": {"op": "All"}, "action": {"op": "All"}, "resource": {"op": "All"}, "conditions": []"#
    private static let link = """
        {"templateId": "share", "newId": "one",
         "values": {"?principal": {"type": "User", "id": "a"}, "?resource": {"type": "Api", "id": "x"}}}
        """

    private func parse(_ files: KeyValuePairs<String, String>) -> PolicyParseResult {
        PolicySet.parse(files: files.map { PolicySource(file: $0.key, text: $0.value) })
    }

    @Test("links find templates of any file, whatever the order")
    func links() throws {
        let one = ("a/links.json", "[\(Self.link)]")
        let sets = [
            parse([one.0: one.1, "b.cedar": Self.template]), parse(["b.cedar": Self.template, one.0: one.1]),
            parse([
                one.0: one.1,
                "t.cedar.json": """
                {"staticPolicies": {}, "templateLinks": [], "templates": {"share": {"effect": "permit",
                 "principal": {"op": "==", "slot": "?principal"}, "action": {"op": "All"},
                 "resource": {"op": "in", "slot": "?resource"}, "conditions": []}}}
                """,
            ]),
        ]
        for result in sets {
            let set = try result.get()
            #expect(set.links.map(\.policy.id) == ["one"])
            let engine = PolicyEngine(policies: set)
            let user = try #require(EntityUID("User", "a"))
            let api = try #require(EntityUID("Api", "x"))
            let action = try #require(EntityUID("Action", "v"))
            let response = try engine.authorize(Request(principal: user, action: action, resource: api))
            #expect(response.determining == ["one"])
            let other = try engine.authorize(Request(principal: api, action: action, resource: api))
            #expect(other.decision == .deny)
        }
    }

    @Test("ids: keys of a set, else the annotation, else file and number")
    func ids() throws {
        let set = try parse([
            "a.cedar": #"permit (principal, action, resource); @id("b") forbid (principal, action, resource);"#,
            "c.cedar.json":
                #"{"staticPolicies": {"key": {"effect": "permit", \#(Self.any), "annotations": {"id": "no"}}}, "#
                + #""templates": {}, "templateLinks": []}"#,
            "d/d.cedar.json": #"{"effect": "permit", \#(Self.any)}"#,
            "e.cedar.json": #"{"effect": "permit", \#(Self.any), "annotations": {"id": "e"}}"#,
        ]).get()
        #expect(set.policies.map(\.id) == ["a.cedar#0", "b", "key", "d/d.cedar.json#0", "e"])
    }

    @Test("an id that is used twice is refused where it stands again")
    func duplicates() {
        let text = #"@id("e") permit (principal, action, resource);"#
        let json = #"{"effect": "permit", \#(Self.any), "annotations": {"id": "e"}}"#
        let result = parse(["a.cedar": text, "b.cedar.json": json])
        #expect(result.policies == nil)
        #expect(result.diagnostics.map(\.location.description) == ["b.cedar.json:1:1"])
        #expect(result.diagnostics.first?.problem.contains("a.cedar:1:1") == true)
        let linked = parse(["a.cedar": Self.template, "x.links.json": "[\(Self.link), \(Self.link)]"])
        #expect(linked.policies == nil && linked.diagnostics.map(\.location.file) == ["x.links.json"])
    }

    @Test(
        "what is wrong with a link is said at its place",
        arguments: [
            (#"[{"templateId": "none", "newId": "n", "values": {}}]"#, "there is no template `none`"),
            (#"[{"templateId": "share", "newId": "n", "values": {}}]"#, "wants `?principal` and `?resource`"),
            (#"[{"templateId": "share", "newId": "n"}]"#, "`values` is missing"), ("[1]", "a link"), ("", "end"),
            ("{}", "`staticPolicies` is missing"),
        ])
    func refusals(_ links: String, _ problem: String) {
        let result = parse(["a.cedar": Self.template, "links.json": links])
        #expect(result.policies == nil)
        #expect(result.diagnostics.allSatisfy { $0.location.file == "links.json" && $0.location.line == 1 })
        #expect(result.diagnostics.contains { $0.problem.contains(problem) }, "\(result.diagnostics)")
    }

    @Test("problems of all files are collected")
    func everything() {
        let result = parse(["a.cedar": "permit", "b.cedar": "forbid(", "c.cedar.json": "{", "links.json": "[{}]"])
        #expect(Set(result.diagnostics.map(\.location.file)) == ["a.cedar", "b.cedar", "c.cedar.json"])
    }

    @Test("written as text under their own ids, links do not take the id of their template")
    func writtenOut() throws {
        let set = try parse(["a.cedar": Self.template, "links.json": "[\(Self.link)]"]).get()
        let again = try PolicySet.parse(set.cedarText(namesPolicies: true), file: "w").get()
        #expect(again.policies.map(\.id) == ["one"])
        #expect(again.templates.map(\.id) == ["share"])
    }

    @Test("the names of policy files")
    func names() {
        let taken = ["a.cedar", "b/a.cedar", "a.cedar.json", "links.json", "b/links.json", "x.links.json"]
        for name in taken { #expect(PolicySource.isPolicyFile(name), "\(name)") }
        let ignored = [
            "entities.json", "hyperlinks.json", "a.json", "cedar", "a.cedarschema", "links.json/a", "README.md",
            ".cedar",
            ".links.json", "..data/a.cedar", "..2026_11_25/a.cedar", "b/.old/a.cedar", ".a.cedar",
        ]
        for name in ignored { #expect(!PolicySource.isPolicyFile(name), "\(name)") }
    }

    @Test("the number of policies is limited for all files together")
    func limit() {
        let limits = PolicyLimits(maximumPolicies: 2)
        let files = [
            PolicySource(file: "a.cedar", text: Self.template + "permit (principal, action, resource);"),
            PolicySource(file: "links.json", text: "[\(Self.link)]"),
        ]
        #expect(PolicySet.parse(files: files, limits: limits).policies == nil)
        #expect(PolicySet.parse(files: files, limits: PolicyLimits(maximumPolicies: 3)).policies != nil)
    }
}
