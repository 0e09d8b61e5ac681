// SPDX-License-Identifier: Apache-2.0

import Cedar
import Foundation
import Testing

@testable import PolicyTools

@Suite("Validating files: every problem with its place")
struct ValidationRunTests {
    private func run(
        _ policies: String, schema: String = SampleCase.schema, entities: String? = nil, name: String = "p.cedar"
    ) throws -> ValidationRun {
        let directory = try CaseDirectory([name: policies, "s": schema, "e.json": entities ?? "[]"])
        return ValidationRun(
            paths: ["\(directory.path)/\(name)"], schema: "\(directory.path)/s",
            entities: entities == nil ? [] : ["\(directory.path)/e.json"])
    }

    @Test("what is valid has no problems")
    func valid() throws {
        let result = try run(SampleCase.policies, entities: "[]")
        #expect(result.problems.isEmpty && result.isValid && result.isReadable)
        #expect(result.policyCount == 2)
    }

    @Test("schemas and policies in JSON are read as such")
    func json() throws {
        let policy =
            #"{"effect":"permit","principal":{"op":"is","entity_type":"Doc"},"action":{"op":"All"},"resource":{"op":"All"},"conditions":[]}"#
        let schema = #"{"":{"entityTypes":{"User":{},"Doc":{}},"actions":{}}}"#
        for text in [policy, #"{"staticPolicies":{"a":\#(policy)},"templates":{},"templateLinks":[]}"#] {
            let result = try run(text, schema: schema, name: "p.json")
            #expect(result.isReadable && !result.isValid)
            #expect(result.problems.allSatisfy { $0.line == 1 && $0.column > 0 })
        }
    }

    @Test("findings name file, line and column; warnings leave policies valid")
    func findings() throws {
        let result = try run("permit(principal, action, resource)\nwhen { context.m };")
        #expect(result.problems.map(\.line) == [2] && result.problems.map(\.column) == [8])
        #expect(!result.isValid && result.isReadable)
        let warned = try run("permit(principal, action, resource) when { false };")
        #expect(warned.isValid && warned.problems.map(\.severity) == [.warning])
    }

    @Test(
        "what cannot be read is told apart from what is not valid",
        arguments: [
            ("permit(", SampleCase.schema), (SampleCase.policies, "entity"),
            (
                "@id(\"a\") permit(principal, action, resource);@id(\"a\") permit(principal, action, resource);",
                SampleCase.schema
            ),
        ])
    func unreadable(_ policies: String, _ schema: String) throws {
        let result = try run(policies, schema: schema)
        #expect(!result.isReadable && !result.isValid && !result.problems.isEmpty)
    }

    @Test("entities must conform to the schema")
    func entities() throws {
        let result = try run(
            SampleCase.policies, entities: #"[{"uid":{"type":"None","id":"x"},"attrs":{},"parents":[]}]"#)
        #expect(result.isReadable && !result.isValid)
    }

    @Test("requests and contexts must conform to the schema; findings name the place in the file")
    func requests() throws {
        let schema = """
            entity User; entity Doc;
            action view appliesTo { principal: User, resource: Doc, context: { age: Long, "at": { host?: String } } };
            """
        let file = """
            [
              {"principal":{"type":"User","id":"a"},"action":{"type":"Action","id":"view"},
               "resource":{"type":"Doc","id":"d"},"context":{"age":1,"at":{}}},
              {"principal":{"type":"User","id":"a"},"action":{"type":"Action","id":"view"},
               "resource":{"type":"Doc","id":"d"},
               "context":{"age":1,"at":{"host":7}}},
              {"principal":{"type":"Doc","id":"d"},"action":{"type":"Action","id":"view"},
               "resource":{"type":"Doc","id":"d"},"context":{"age":1,"at":{}}},
              {"principal":{"type":"User","id":"a"},"action":{"type":"Action","id":"edit"},
               "resource":"Doc","kontext":{}},
              7
            ]
            """
        let directory = try CaseDirectory(["p.cedar": "permit(principal, action, resource);", "s": schema, "r": file])
        let result = ValidationRun(
            paths: ["\(directory.path)/p.cedar"], schema: "\(directory.path)/s", requests: ["\(directory.path)/r"])
        #expect(!result.isValid && result.isReadable)
        let places = result.problems.map { [$0.line, $0.column] }
        #expect(places == [[6, 36], [7, 16], [10, 31], [10, 15], [11, 3]])
        let words = ["context.at.host", "accepted types: `User`", "`kontext` is no part", "`resource`", "got number"]
        for (problem, word) in zip(result.problems, words) { #expect(problem.description.contains(word)) }
        let fine = try CaseDirectory([
            "p.cedar": "", "s": schema, "r": String(file.split(separator: "\n")[1...2].joined().dropLast()),
        ])
        #expect(ValidationRun(paths: [], schema: "\(fine.path)/s", requests: ["\(fine.path)/r"]).isValid)
    }

    private static let examples = (0..<3).reduce(URL(filePath: #filePath).resolvingSymlinksInPath()) { url, _ in
        url.deletingLastPathComponent()
    }.appending(path: "Examples/policies")

    @Test(
        "policies and requests of every worked example are of its schema",
        arguments: try FileManager.default.contentsOfDirectory(atPath: examples.path).sorted())
    func workedExamples(name: String) {
        let folder = Self.examples.appending(path: name).path
        let result = ValidationRun(
            paths: [folder], schema: "\(folder)/schema.cedarschema", requests: ["\(folder)/requests.json"])
        #expect(result.problems.map(\.description) == [] && result.isValid && result.policyCount > 0)
    }

    @Test("a policy id that two files use is a problem")
    func duplicates() throws {
        let text = #"@id("a") permit(principal, action, resource);"#
        let directory = try CaseDirectory(["a.cedar": text, "b.cedar": text, "s": SampleCase.schema])
        let result = ValidationRun(paths: [directory.path], schema: "\(directory.path)/s")
        #expect(!result.isReadable && result.problems.count == 1)
    }

    @Test("a directory is text, JSON and links in one set")
    func forms() throws {
        let files = [
            "a.cedar": #"@id("t") permit(principal == ?principal, action, resource);"#,
            "b/b.cedar.json":
                #"{"effect":"forbid","principal":{"op":"All"},"action":{"op":"All"},"resource":{"op":"All"},"conditions":[]}"#,
            "b/links.json": #"[{"templateId":"t","newId":"l","values":{"?principal":{"type":"User","id":"a"}}}]"#,
            "requests.json": "[1]",
        ]
        let directory = try CaseDirectory(files)
        let schema = try CaseDirectory(["s": SampleCase.schema])
        let result = ValidationRun(paths: [directory.path], schema: "\(schema.path)/s")
        #expect(result.isValid && result.policyCount == 3, "\(result.problems)")
        try directory.write(#"[{"templateId":"t","newId":"l","values":{}}]"#, to: "b/links.json")
        let refused = ValidationRun(paths: [directory.path], schema: "\(schema.path)/s")
        #expect(!refused.isReadable)
        #expect(refused.problems.map(\.file) == ["\(directory.path)/b/links.json"])
    }
}
