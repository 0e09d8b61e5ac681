// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Schemas: deep and entangled ones are refused or read on a 512 KiB stack", .timeLimit(.minutes(30)))
struct SchemaNestingTests {
    private func around(_ open: String, _ inner: String, _ close: String, _ count: Int) -> String {
        String(repeating: open, count: count) + inner + String(repeating: close, count: count)
    }

    private func isAccepted(text: String) -> Bool? {
        SmallStack.run {
            guard let schema = Schema.parse(text: Array(text.utf8), file: "deep").schema else { return false }
            let again = Schema.parse(text: Array(schema.cedarText().utf8), file: "deep").schema
            return again?.meaning == schema.meaning && Schema.parse(json: schema.json(), file: "deep").schema != nil
        }
    }

    @Test("types may nest 60 levels, and not 70 or 20,000", arguments: ["Set<", "{a: "])
    func nesting(_ open: String) {
        let close = open == "Set<" ? ">" : "}"
        for (count, isAccepted) in [(60, true), (70, false), (20_000, false)] {
            let text = "entity E { a: \(around(open, "Long", close, count)) };"
            #expect(self.isAccepted(text: text) == isAccepted, "\(count)")
        }
    }

    @Test("the same in JSON")
    func nestingInJSON() {
        for (count, isAccepted) in [(60, true), (70, false), (20_000, false)] {
            let type = around(#"{"type":"Set","element":"#, #"{"type":"Long"}"#, "}", count)
            let json = #"{"":{"entityTypes":{"E":{"tags":\#(type)}},"actions":{}}}"#
            let accepted = SmallStack.run { Schema.parse(json: Array(json.utf8), file: "deep").schema != nil }
            #expect(accepted == isAccepted, "\(count)")
        }
    }

    @Test("a limit beyond what the stack holds does not count")
    func largeLimit() {
        let text = "entity E { a: \(around("Set<", "Long", ">", 5000)) };"
        let accepted = SmallStack.run {
            Schema.parse(text: Array(text.utf8), file: "deep", limits: SchemaLimits(maximumNesting: 100_000)).schema
                != nil
        }
        #expect(accepted == false)
    }

    @Test("common types that double at each step cost nothing, and those that nest too deeply are refused")
    func doubling() {
        func chain(_ count: Int) -> String {
            (0..<count).map { "type T\($0) = {a: T\($0 + 1), b: T\($0 + 1)};" }.joined() + "type T\(count) = Long;"
                + "entity E { a: T0 };"
        }
        #expect(Schema.parse(text: Array(chain(50).utf8), file: "deep").schema != nil)
        #expect(Schema.parse(text: Array(chain(2000).utf8), file: "deep").schema == nil)
    }

    @Test("a long chain of names for one type is followed in any order")
    func aliases() {
        let text = (0..<2000).map { "type T\($0) = T\($0 + 1);" }.joined() + "type T2000 = Long; entity E { a: T0 };"
        #expect(isAccepted(text: text) == true)
    }

    @Test("circles of two thousand entity types are resolved, of actions and of common types refused")
    func circles() {
        func circle(_ declaration: (Int, Int) -> String) -> String {
            (0..<2000).map { declaration($0, ($0 + 1) % 2000) }.joined(separator: "\n")
        }
        let entities = Schema.parse(text: Array(circle { "entity E\($0) in E\($1);" }.utf8), file: "c").schema
        #expect(entities?.model.entityTypes.first?.ancestors.contains(1999) == true)
        #expect(Schema.parse(text: Array(circle { "action a\($0) in a\($1);" }.utf8), file: "c").schema == nil)
        #expect(Schema.parse(text: Array(circle { "type T\($0) = T\($1);" }.utf8), file: "c").schema == nil)
    }
}
