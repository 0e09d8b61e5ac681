// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Worked examples: what docs/policies.md says is what happens")
struct WorkedExamplesTests {
    private static let page = "docs/policies.md"

    @Test("there are ten, each with its policies, schema, entities and requests")
    func complete() throws {
        let names = try WorkedExample.names
        #expect(names.count == 10)
        for (index, name) in names.enumerated() {
            #expect(name.hasPrefix(index < 9 ? "0\(index + 1)-" : "\(index + 1)-"))
            let wanted: Set = ["policies.cedar", "schema.cedarschema", "entities.json", "requests.json"]
            #expect(wanted.isSubset(of: try WorkedExample.files(of: name)), "\(name)")
        }
    }

    @Test("policies are valid against their schema, without a warning", arguments: try WorkedExample.names)
    func valid(_ name: String) throws {
        let example = try WorkedExample(name)
        for policies in [example.policies, try WorkedExample.text(of: name)] {
            let result = example.schema.validate(policies)
            #expect(result.errors.isEmpty)
            #expect(result.warnings.isEmpty)
        }
    }

    @Test("policies have the layout of `countersign fmt`", arguments: try WorkedExample.names)
    func formatted(_ name: String) throws {
        let bytes = try WorkedExample.bytes("policies.cedar", of: name)
        guard case .formatted(let output) = PolicyFormatter().format(PolicySource(file: name, bytes: bytes)) else {
            Issue.record("\(name) cannot be formatted")
            return
        }
        #expect(output == bytes)
    }

    @Test("requests are decided as they say, by the engine and by the oracle", arguments: try WorkedExample.names)
    func decided(_ name: String) throws {
        let example = try WorkedExample(name)
        let engine = PolicyEngine(policies: example.policies, entities: example.entities)
        for question in example.questions {
            let responses = [
                try engine.authorize(question.request, entities: question.entities),
                try engine.authorizeByReference(question.request, entities: question.entities),
            ]
            for response in responses {
                #expect(response.decision == question.decision, "\(question.title)")
                #expect(response.determining == question.determining, "\(question.title)")
                #expect(response.errors.map(\.policy) == question.errors, "\(question.title)")
            }
        }
    }

    @Test("every example shows an allowed and a denied request", arguments: try WorkedExample.names)
    func bothWays(_ name: String) throws {
        let decisions = try WorkedExample(name).questions.map(\.decision)
        #expect(decisions.contains(.allow) && decisions.contains(.deny))
    }

    @Test("the page shows the policies as the files have them")
    func shownPolicies() throws {
        let blocks = try Page(Self.page).blocks
        let shown = blocks.compactMap { block in block.file.map { ($0, block.text) } }
        for (file, text) in shown { #expect(text == (try DocumentationFiles.text(file)), "\(file)") }
        let policies = shown.map(\.0).filter { $0.hasSuffix(".cedar") }
        let files = try WorkedExample.names.map { "\(WorkedExample.folder)/\($0)/policies.cedar" }
        #expect(policies == files)
    }

    @Test("the page tells of every request what the files tell of it", arguments: try WorkedExample.names)
    func shownRequests(_ name: String) throws {
        let number = try #require(Int(name.prefix(2)))
        let told = try WorkedExample(name).questions.map(\.row)
        #expect(try Page(Self.page).rows(below: "\(number). ") == told)
    }

    @Test("whatever else the page shows as Cedar can be read")
    func otherPolicies() throws {
        for block in try Page(Self.page).blocks where block.language == "cedar" && block.file == nil {
            #expect(PolicySet.parse(block.text, file: "page").policies != nil, "\(block.text)")
        }
    }

    @Test("the linked template is the one of the text, and its links written out decide the same")
    func templates() throws {
        let name = try #require(try WorkedExample.names.last)
        let (example, text) = (try WorkedExample(name), try WorkedExample.text(of: name))
        let (linked, written) = (try #require(example.policies.templates.first), try #require(text.templates.first))
        #expect(linked.hasSameMeaning(as: written))
        #expect(example.policies.links.count == 2)
        #expect(example.policies.textProblems.isEmpty)
        let flat = try PolicySet.parse(example.policies.cedarText(namesPolicies: true), file: "flat.cedar").get()
        #expect(flat.links.isEmpty)
        let engine = PolicyEngine(policies: flat, entities: example.entities)
        for question in example.questions {
            let response = try engine.authorize(question.request, entities: question.entities)
            #expect(response.decision == question.decision, "\(question.title)")
            #expect(response.determining == question.determining, "\(question.title)")
        }
    }
}
