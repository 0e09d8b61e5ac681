// SPDX-License-Identifier: Apache-2.0

/// Writes policies in one uniform layout: comments and parentheses stay, only white space and commas behind the last
/// item of a list change.
///
/// ```swift
/// let formatter = PolicyFormatter()
/// guard case .formatted(let text) = formatter.format(source) else { return }
/// ```
public struct PolicyFormatter: Sendable {
    /// What came of a text.
    public enum Outcome: Sendable {
        /// The text in its layout.
        case formatted([UInt8])
        /// The text does not parse, or its layout would not say the same; nothing was changed.
        case refused([Diagnostic])
    }

    /// The column that lines should not pass.
    public var width: Int
    /// Bounds on the text.
    public var limits: PolicyLimits

    /// 80 columns unless said otherwise.
    public init(width: Int = 80, limits: PolicyLimits = PolicyLimits()) {
        self.width = width
        self.limits = limits
    }

    /// Lays out a text.
    ///
    /// The result is parsed again; unless it gives the same policies with the same comments, the text is refused.
    public func format(_ source: PolicySource) -> Outcome {
        let parsed = PolicySet.parse([source], naming: .sequential, limits: limits)
        guard let policies = parsed.policies else { return .refused(parsed.diagnostics) }
        let (tokens, before) = Self.tokens(source.bytes)
        let depth = Self.depth(of: policies, tokens)
        guard let laidOut = DeepStack.run(depth: depth, { layout(source.bytes, tokens) }), let output = laidOut else {
            return refusal(source, "its tokens cannot be laid out")
        }
        let again = PolicySet.parse(
            [PolicySource(file: source.file, bytes: output)], naming: .sequential,
            limits: PolicyLimits(limits, for: output))
        guard let result = again.policies, Self.sameMeaning(policies, result) else {
            return refusal(source, "the layout would change what the policies mean")
        }
        let after = Self.tokens(output).comments
        guard before.elementsEqual(after, by: { $0.hasSameBytes(as: $1) }) else {
            return refusal(source, "the layout would change comments")
        }
        return .formatted(output)
    }

    private func layout(_ bytes: [UInt8], _ tokens: [Token]) -> [UInt8]? {
        var layout = PolicyLayout(bytes: bytes, tokens: tokens)
        var documents: [Document] = []
        while !layout.isAtEnd {
            guard let document = try? layout.policy() else { return nil }
            documents.append(document)
        }
        let texts = tokens.map { String(decoding: bytes[$0.start..<$0.end], as: UTF8.self) }
        var renderer = DocumentRenderer(texts: texts, comments: layout.comments, width: width)
        for (index, document) in documents.enumerated() {
            if index > 0 { renderer.blankLine() }
            renderer.render(document)
        }
        renderer.writeComments(layout.comments.entries.last?.leading ?? [])
        renderer.finish()
        return renderer.output
    }

    /// How deeply the walk over the tokens recurses: brackets, and expressions that nest without them.
    private static func depth(of policies: PolicySet, _ tokens: [Token]) -> Int {
        var (depth, deepest) = (0, 0)
        for token in tokens {
            switch token.kind {
            case .symbol(.openParenthesis), .symbol(.openBracket), .symbol(.openBrace):
                depth += 1
                deepest = max(deepest, depth)
            case .symbol(.closeParenthesis), .symbol(.closeBracket), .symbol(.closeBrace): depth -= 1
            case .symbol, .identifier, .number, .string, .slot, .end: break
            }
        }
        return deepest + (policies.policies + policies.templates).reduce(0) { max($0, $1.body.depth) }
    }

    private static func tokens(_ bytes: [UInt8]) -> (tokens: [Token], comments: [String]) {
        var lexer = Lexer(bytes)
        lexer.run()
        return (lexer.tokens, TokenComments(bytes: bytes, tokens: lexer.tokens).texts)
    }

    private static func sameMeaning(_ left: PolicySet, _ right: PolicySet) -> Bool {
        func same(_ first: [Policy], _ second: [Policy]) -> Bool {
            first.elementsEqual(second) { $0.id == $1.id && $0.body.hasSameMeaning(as: $1.body) }
        }
        return same(left.policies, right.policies) && same(left.templates, right.templates)
    }

    private func refusal(_ source: PolicySource, _ problem: String) -> Outcome {
        let location = SourceLocation(file: source.file, line: 1, column: 1, offset: 0)
        return .refused([Diagnostic(location: location, problem: problem)])
    }
}

extension PolicyLimits {
    /// Limits under which a layout is read back: white space may make it longer than the text was.
    fileprivate init(_ limits: PolicyLimits, for output: [UInt8]) {
        self = limits
        maximumBytes = max(limits.maximumBytes, output.count)
    }
}
