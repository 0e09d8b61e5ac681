// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Formatter: one layout, the same policies, every comment")
struct PolicyFormatterTests {
    private func formatted(_ text: String) -> String? {
        guard case .formatted(let bytes) = PolicyFormatter().format(PolicySource(file: "f.cedar", text: text)) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("texts and their layout", arguments: FormatterTable.layouts)
    func layouts(_ text: String, _ wanted: String) {
        #expect(formatted(text) == wanted)
        #expect(formatted(wanted) == wanted)
    }

    @Test("what does not parse is refused with the parser's findings", arguments: PolicyTable.refused)
    func refuses(_ text: String) {
        guard case .refused(let diagnostics) = PolicyFormatter().format(PolicySource(file: "f.cedar", text: text))
        else {
            Issue.record("was formatted: \(text)")
            return
        }
        #expect(!diagnostics.isEmpty)
    }

    @Test(
        "texts of the language's tables keep their meaning and are stable",
        arguments: [PolicyTable.holding, PolicyTable.failing, PolicyTable.erring])
    func tables(_ texts: [String]) throws {
        for text in texts { try check(text) }
    }

    @Test(
        "expressions of the language's tables keep their meaning and are stable",
        arguments: [ExpressionTable.holding, ExpressionTable.failing, ExpressionTable.erring])
    func expressions(_ texts: [String]) throws {
        for text in texts { try check("permit(principal, action, resource) when {\n\(text)\n};") }
    }

    @Test("generated policies with comments in odd places keep their meaning and are stable", arguments: 0..<400)
    func generated(_ seed: Int) throws {
        var generator = AwkwardPolicies(seed: seed)
        let text = (0..<3).map { _ in Policy(id: "a", body: generator.body()).cedarText() }.joined()
        try check(text)
        var lexer = Lexer(Array(text.utf8))
        lexer.run()
        var commented = ""
        for token in lexer.tokens {
            switch generator.number(below: 8) {
            case 0: commented += " // c\(generator.number(below: 100)) \n"
            case 1: commented += "\n\n\t// own line\r\n"
            case 2: commented += "//\r// x//y\n"
            case 3: commented += "\n"
            default: commented += " "
            }
            commented += String(decoding: Array(text.utf8)[token.start..<token.end], as: UTF8.self)
        }
        try check(commented)
    }

    /// The formatter itself refuses to change meaning or comments, so a result is enough; it must be a fixed point.
    private func check(_ text: String) throws {
        let once = try #require(formatted(text), "\(text)")
        #expect(formatted(once) == once, "\(text)")
        #expect(once.utf8.last == UInt8(ascii: "\n") || once.isEmpty)
        let lines = once.split(separator: "\n", omittingEmptySubsequences: false)
        if !text.contains("\"") { #expect(!lines.contains { $0.last == " " }) }
    }

    @Test("deep nesting and long chains are laid out", arguments: ["(", "[", "!("])
    func deep(_ open: String) throws {
        let close = open == "[" ? "]" : ")"
        let body = String(repeating: open, count: 200) + "context" + String(repeating: close, count: 200)
        try check("permit(principal, action, resource) when { \(body) };")
        try check(
            "permit(principal, action, resource) when { context\(String(repeating: " && context", count: 1000)) };")
    }
}
