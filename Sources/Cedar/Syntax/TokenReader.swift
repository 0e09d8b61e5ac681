// SPDX-License-Identifier: Apache-2.0

/// Walks the tokens of one text and collects findings.
struct TokenReader {
    /// Thrown after a finding was recorded: the construct at hand cannot be read further.
    struct Abandoned: Error {}

    let bytes: [UInt8]
    let lines: LineTable
    let limits: PolicyLimits
    private let tokens: [Token]
    private(set) var index = 0
    private(set) var diagnostics: [Diagnostic] = []
    /// The nesting of the construct at hand.
    var nesting = 0

    init(source: PolicySource, limits: PolicyLimits) {
        bytes = source.bytes
        lines = LineTable(file: source.file, bytes: source.bytes)
        self.limits = limits
        let oversize = source.bytes.count > limits.maximumBytes
        if oversize || String(validating: source.bytes, as: UTF8.self) == nil {
            tokens = [Token(kind: .end, start: 0, end: 0)]
            report(
                at: 0, oversize ? "the text has \(source.bytes.count) bytes" : "the text is not valid UTF-8",
                expected: oversize ? "at most \(limits.maximumBytes)" : "UTF-8")
            return
        }
        var lexer = Lexer(source.bytes)
        lexer.run()
        tokens = lexer.tokens
        for finding in lexer.problems { report(at: finding.offset, finding.problem, expected: finding.expected) }
    }

    /// At least as much as the deepest policy nests, by brackets and `if` alone.
    var deepestNesting: Int {
        var (deepest, brackets, conditionals) = (0, 0, 0)
        for token in tokens {
            switch token.kind {
            case .symbol(.openParenthesis), .symbol(.openBracket), .symbol(.openBrace): brackets += 1
            case .symbol(.closeParenthesis), .symbol(.closeBracket), .symbol(.closeBrace):
                brackets = max(0, brackets - 1)
            case .symbol(.semicolon): (brackets, conditionals) = (0, 0)
            case .identifier: if isWord("if", at: token) { conditionals += 1 }
            case .number, .string, .slot, .symbol, .end: break
            }
            deepest = max(deepest, brackets + conditionals)
        }
        return deepest
    }

    var current: Token { tokens[index] }
    var isAtEnd: Bool { current.kind == .end }

    func peek(_ distance: Int = 1) -> Token { tokens[min(index + distance, tokens.count - 1)] }

    mutating func advance() { if index < tokens.count - 1 { index += 1 } }

    func text(of token: Token) -> String { String(decoding: bytes[token.start..<token.end], as: UTF8.self) }

    func isSymbol(_ symbol: Token.Symbol) -> Bool { current.kind == .symbol(symbol) }

    func isWord(_ word: StaticString, at token: Token? = nil) -> Bool {
        let token = token ?? current
        guard token.kind == .identifier, token.end - token.start == word.utf8CodeUnitCount else { return false }
        for offset in 0..<word.utf8CodeUnitCount where bytes[token.start + offset] != word.utf8Start[offset] {
            return false
        }
        return true
    }

    mutating func take(_ symbol: Token.Symbol) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func takeWord(_ word: StaticString) -> Bool {
        guard isWord(word) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: Token.Symbol, or others: String = "") throws(Abandoned) {
        guard take(symbol) else {
            throw unexpected(others.isEmpty ? "`\(symbol.rawValue)`" : "`\(symbol.rawValue)` or \(others)")
        }
    }

    /// Takes an identifier that is not reserved.
    mutating func identifier(_ meaning: String = "an identifier") throws(Abandoned) -> String {
        guard current.kind == .identifier else { throw unexpected(meaning) }
        let name = text(of: current)
        if Identifier.isReserved(name) {
            throw fail(at: current.start, "`\(name)` is a reserved word", expected: meaning)
        }
        advance()
        return name
    }

    /// Takes a string literal.
    mutating func string(_ meaning: String = "a string") throws(Abandoned) -> String {
        guard current.kind == .string else { throw unexpected(meaning) }
        do {
            let value = try StringLiteral.string(bytes[current.start..<current.end])
            advance()
            return value
        } catch {
            throw fail(at: error.offset, error.problem)
        }
    }

    /// Reads what nests one level deeper.
    mutating func nested<Result>(
        _ body: (inout Self) throws(Abandoned) -> Result
    ) throws(Abandoned) -> Result {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= limits.maximumNesting else {
            throw fail(at: current.start, "constructs nest more deeply than \(limits.maximumNesting) levels")
        }
        return try body(&self)
    }

    mutating func unexpected(_ expected: String) -> Abandoned {
        let token = current
        let found = token.kind == .end ? "the text ends here" : "unexpected `\(text(of: token).prefix(60))`"
        return fail(at: token.start, found, expected: expected)
    }

    mutating func fail(at offset: Int, _ problem: String, expected: String = "") -> Abandoned {
        report(at: offset, problem, expected: expected)
        return Abandoned()
    }

    mutating func report(at offset: Int, _ problem: String, expected: String = "") {
        guard diagnostics.count < limits.maximumDiagnostics else { return }
        diagnostics.append(
            Diagnostic(location: lines.location(at: offset), problem: problem, expected: expected))
    }

    /// Passes everything up to the next `;` and that too.
    mutating func skipPastSemicolon() {
        while !isAtEnd, !isSymbol(.semicolon) { advance() }
        _ = take(.semicolon)
    }
}
