// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Validation: deep and long policies are checked on a 512 KiB stack", .timeLimit(.minutes(30)))
struct ValidationNestingTests {
    private static let schema = """
        type L = {a?: Long};
        entity User { next?: User, flag: Bool, level: Long, \((0..<200).map { "o\($0)?: Bool" }.joined(separator: ", ")) };
        action view appliesTo { principal: User, resource: User };
        """

    private func isValid(_ condition: String) throws -> Bool? {
        let schema = try Schema.parse(text: Array(Self.schema.utf8), file: "s").get()
        let text = "permit(principal, action, resource) when { \(condition) };"
        return SmallStack.run {
            PolicySet.parse(text, file: "deep").policies.map { schema.validate($0).passed }
        } ?? nil
    }

    private func around(_ open: String, _ inner: String, _ close: String, _ count: Int) -> String {
        String(repeating: open, count: count) + inner + String(repeating: close, count: count)
    }

    @Test("every shape of nesting", arguments: [10, 100, 250])
    func nesting(_ count: Int) throws {
        #expect(try isValid(around("!(", "principal.flag", ")", count)) == true)
        #expect(try isValid(around("(principal.flag && ", "principal.flag", ")", count)) == true)
        #expect(try isValid(around("(principal.flag || ", "principal.none", ")", count)) == false)
        #expect(try isValid(around("if principal.flag then ", "true", " else false", count)) == true)
        #expect(try isValid(around("[", "1", "]", count) + ".isEmpty()") == true)
        #expect(try isValid(around("{a: ", "1", "}", count) + " has a") == true)
        #expect(try isValid("principal has next" + String(repeating: ".next", count: count)) == true)
        #expect(try isValid("principal" + String(repeating: ".next", count: count) + ".flag") == false)
        #expect(try isValid(around("1 + (", "principal.level", ")", count) + " == 1") == true)
    }

    @Test("chains of ten thousand operands, each granting something to the next")
    func chains() throws {
        func attribute(_ index: Int) -> String { "o\(index % 200)" }
        let tests = (0..<5000).map { "principal has \(attribute($0)) && principal.\(attribute($0))" }
        #expect(try isValid(tests.joined(separator: " && ")) == true)
        let pairs = (0..<3000).map { "(principal has \(attribute($0)) && principal.\(attribute($0)))" }
        #expect(try isValid(pairs.joined(separator: " || ")) == true)
        #expect(try isValid((0..<3000).map { "principal.\(attribute($0))" }.joined(separator: " || ")) == false)
        #expect(try isValid("0 < 1" + String(repeating: " + principal.level", count: 9_000)) == true)
    }

    @Test("ever growing lists of what is granted stay cheap")
    func granted() throws {
        // Each level grants one more entity's attribute, and all are in force at the innermost.
        let ids = (0..<4000).map { "User::\"\($0)\"" }
        let tests = ids.map { "\($0) has o1" }.joined(separator: " && ")
        let uses = ids.map { "\($0).o1" }.joined(separator: " && ")
        #expect(try isValid("\(tests) && \(uses)") == true)
        #expect(try isValid("(\(tests) || \(tests)) && (\(uses))") == true)
    }
}
