// SPDX-License-Identifier: Apache-2.0

/// Lays out the tokens of policies that are known to parse.
struct PolicyLayout {
    /// Thrown when the tokens are not those of policies after all.
    struct Unexpected: Error {}

    static let indent = 2

    let bytes: [UInt8]
    let tokens: [Token]
    let comments: TokenComments
    private(set) var index = 0

    init(bytes: [UInt8], tokens: [Token]) {
        self.bytes = bytes
        self.tokens = tokens
        var comments = TokenComments(bytes: bytes, tokens: tokens)
        for index in tokens.indices.dropLast() where tokens[index].kind == .symbol(.comma) {
            if Self.closes(tokens[index + 1]) { comments.moveOn(from: index) }
        }
        self.comments = comments
    }

    // MARK: Tokens

    var current: Token { tokens[index] }
    var isAtEnd: Bool { current.kind == .end }

    func isSymbol(_ symbol: Token.Symbol) -> Bool { current.kind == .symbol(symbol) }

    func isWord(_ word: StaticString) -> Bool {
        guard current.kind == .identifier else { return false }
        return word.withUTF8Buffer { $0.elementsEqual(bytes[current.start..<current.end]) }
    }

    /// Takes the token at hand, whatever it is.
    mutating func token() throws(Unexpected) -> Document {
        guard !isAtEnd else { throw Unexpected() }
        defer { index += 1 }
        return .token(index, comments: comments.entries[index])
    }

    mutating func token(_ symbol: Token.Symbol) throws(Unexpected) -> Document {
        guard isSymbol(symbol) else { throw Unexpected() }
        return try token()
    }

    mutating func word(_ word: StaticString) throws(Unexpected) -> Document {
        guard isWord(word) else { throw Unexpected() }
        return try token()
    }

    /// Passes a comma that has nothing behind it; its comments stand at its neighbours.
    mutating func dropComma() { index += 1 }

    private static func closes(_ token: Token) -> Bool {
        switch token.kind {
        case .symbol(.closeParenthesis), .symbol(.closeBracket), .symbol(.closeBrace): true
        case .symbol, .identifier, .number, .string, .slot, .end: false
        }
    }

    // MARK: Policies

    mutating func policy() throws(Unexpected) -> Document {
        var parts: [Document] = []
        while isSymbol(.at) { parts += [try annotation(), .hardLine] }
        parts += [try token(), .space, try scope()]
        while isWord("when") || isWord("unless") {
            let keyword = try token()
            let open = try token(.openBrace)
            let body = try expression()
            let close = try token(.closeBrace)
            let braces: Document = .group([open, .nested(Self.indent, [.line, .group([body])]), .line, close])
            parts += [.hardLine, .group([keyword, .line, braces])]
        }
        parts.append(try token(.semicolon))
        return .concatenation(parts)
    }

    private mutating func annotation() throws(Unexpected) -> Document {
        var parts = [try token(.at), try token()]
        if isSymbol(.openParenthesis) {
            parts += [try token(.openParenthesis), try token(), try token(.closeParenthesis)]
        }
        return .concatenation(parts)
    }

    private mutating func scope() throws(Unexpected) -> Document {
        let open = try token(.openParenthesis)
        var (items, isPlain): ([Document], Bool) = ([], true)
        while !isSymbol(.closeParenthesis) {
            let start = index
            let constraint = try constraint()
            if index > start + 1 { isPlain = false }
            guard isSymbol(.comma) else {
                items.append(constraint)
                break
            }
            if tokens[index + 1].kind == .symbol(.closeParenthesis) {
                dropComma()
                items.append(constraint)
            } else {
                items.append(.concatenation([constraint, try token(.comma)]))
            }
        }
        let close = try token(.closeParenthesis)
        let line: Document = .concatenation([open] + Self.joined(items, by: .space) + [close])
        if isPlain, !line.hasInnerComment { return line }
        return .concatenation([
            open, .nested(Self.indent, [.hardLine] + Self.joined(items, by: .hardLine)), .hardLine, close,
        ])
    }

    static func joined(_ items: [Document], by separator: Document) -> [Document] {
        var parts: [Document] = []
        for item in items {
            if !parts.isEmpty { parts.append(separator) }
            parts.append(item)
        }
        return parts
    }

    private mutating func constraint() throws(Unexpected) -> Document {
        var parts = [try token()]
        if isWord("is") { parts += [.space, try token(), .nested(Self.indent, [.line, try path()])] }
        guard isSymbol(.equal) || isWord("in") else { return .group(parts) }
        parts += [parts.count == 1 ? .space : .line, try token()]
        return .group([.group(parts), .nested(Self.indent, [.line, try sum()])])
    }

    /// A name with `::`, or an entity.
    mutating func path() throws(Unexpected) -> Document {
        var parts = [try token()]
        while isSymbol(.pathSeparator) { parts += [try token(), try token()] }
        return .concatenation(parts)
    }
}
