// SPDX-License-Identifier: Apache-2.0

extension PolicyLayout {
    mutating func expression() throws(Unexpected) -> Document {
        guard isWord("if") else { return try chain() }
        let words = try word("if")
        let condition = try expression()
        let thenWord = try word("then")
        let then = try expression()
        let elseWord = try word("else")
        let otherwise = try expression()
        return .group([
            words, .nested(Self.indent, [.line, condition]), .line, thenWord, .nested(Self.indent, [.line, then]),
            .line,
            elseWord, .nested(Self.indent, [.line, otherwise]),
        ])
    }

    /// Operands of `&&` and `||` alike, one a line when what is around them is broken.
    private mutating func chain() throws(Unexpected) -> Document {
        var parts = [try relation()]
        while isSymbol(.and) || isSymbol(.or) {
            let operation = try token()
            parts += [.space, operation, .line, try relation()]
        }
        return parts.count == 1 ? parts[0] : .concatenation(parts)
    }

    private mutating func relation() throws(Unexpected) -> Document {
        let left = try sum()
        if isWord("has") || isWord("like") {
            let operation = try token()
            return .group([left, .line, operation, .line, try member()])
        }
        if isWord("is") {
            var parts = [left, .space, try token(), .space, try path()]
            if isWord("in") { parts += [.line, try token(), .space, .nested(Self.indent, [try sum()])] }
            return .group(parts)
        }
        guard isWord("in") || isComparison else { return left }
        let operation = try token()
        return .group([left, .space, operation, .space, try sum()])
    }

    private var isComparison: Bool {
        guard case .symbol(let symbol) = current.kind else { return false }
        return Expression.Comparison(rawValue: symbol.rawValue) != nil
    }

    mutating func sum() throws(Unexpected) -> Document {
        var parts = [try product()]
        while isSymbol(.plus) || isSymbol(.minus) {
            let operation = try token()
            parts += [.space, operation, .line, try product()]
        }
        return parts.count == 1 ? parts[0] : .group(parts)
    }

    private mutating func product() throws(Unexpected) -> Document {
        var parts = [try unary()]
        while isSymbol(.star) {
            let operation = try token()
            parts += [.space, operation, .line, try unary()]
        }
        return parts.count == 1 ? parts[0] : .group(parts)
    }

    private mutating func unary() throws(Unexpected) -> Document {
        var parts: [Document] = []
        while isSymbol(.not) || isSymbol(.minus) { parts.append(try token()) }
        parts.append(try member())
        return parts.count == 1 ? parts[0] : .concatenation(parts)
    }

    /// A primary with attributes, indices and calls; the first of them never goes to another line.
    ///
    /// A list that something hangs on breaks together with what hangs there.
    private mutating func member() throws(Unexpected) -> Document {
        let primary = try primary()
        var accesses: [Document] = []
        while true {
            let isFirst = accesses.isEmpty
            let access: Document
            if isSymbol(.dot) {
                access = .concatenation([try token(), try token()])
            } else if isSymbol(.openBracket) {
                access = .concatenation([try token(), try token(), try token(.closeBracket)])
            } else if isSymbol(.openParenthesis) {
                access = try arguments()
            } else {
                break
            }
            accesses.append(isFirst ? access : .concatenation([.softLine, access]))
        }
        return .group(accesses.isEmpty ? [primary] : [primary, .nested(Self.indent, accesses)])
    }

    private mutating func arguments() throws(Unexpected) -> Document {
        let open = try token(.openParenthesis)
        let items = try list(until: .closeParenthesis) { layout throws(Unexpected) in try layout.expression() }
        let close = try token(.closeParenthesis)
        guard !items.isEmpty else { return .concatenation([open, close]) }
        return .concatenation([
            open, .nested(Self.indent, [.softLine] + Self.joined(items, by: .line)), .softLine, close,
        ])
    }

    private mutating func primary() throws(Unexpected) -> Document {
        switch current.kind {
        case .number, .string, .slot: return try token()
        case .identifier: return try path()
        case .symbol(.openParenthesis):
            let open = try token()
            let inner = try expression()
            return .concatenation([open, .nested(1, [.group([inner])]), try token(.closeParenthesis)])
        case .symbol(.openBracket):
            let open = try token()
            let items = try list(until: .closeBracket) { layout throws(Unexpected) in try layout.expression() }
            return .concatenation([open, .nested(1, Self.joined(items, by: .line)), try token(.closeBracket)])
        case .symbol(.openBrace): return try record()
        case .symbol, .end: throw Unexpected()
        }
    }

    private mutating func record() throws(Unexpected) -> Document {
        let open = try token(.openBrace)
        let items = try list(until: .closeBrace) { layout throws(Unexpected) in
            let key = try layout.token()
            let colon = try layout.token(.colon)
            return .concatenation([key, colon, .space, try layout.expression()])
        }
        let close = try token(.closeBrace)
        guard !items.isEmpty else { return .concatenation([open, close]) }
        return .group([open, .nested(Self.indent, [.line] + Self.joined(items, by: .line)), .line, close])
    }

    /// The items of a comma list with their commas; one behind the last is dropped.
    private mutating func list(
        until closing: Token.Symbol, item: (inout Self) throws(Unexpected) -> Document
    ) throws(Unexpected) -> [Document] {
        var items: [Document] = []
        while !isSymbol(closing) {
            let document = try item(&self)
            guard isSymbol(.comma) else {
                items.append(document)
                break
            }
            if tokens[index + 1].kind == .symbol(closing) {
                dropComma()
                items.append(document)
            } else {
                items.append(.concatenation([document, try token(.comma)]))
            }
        }
        return items
    }
}
