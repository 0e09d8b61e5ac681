// SPDX-License-Identifier: Apache-2.0

extension TokenReader {
    /// Reads a primary and what is hung onto it: attributes, indices, calls.
    mutating func member() throws(Abandoned) -> Expression {
        let start = current.start
        var result = try primary()
        while true {
            if take(.dot) {
                let (name, place) = (text(of: current), current.start)
                _ = try identifier("the name of an attribute or method")
                if isSymbol(.openParenthesis) {
                    result = try methodCall(name, on: result, at: place)
                } else {
                    result = try make(.attribute(result, Expression.Name(name)), at: start)
                }
            } else if take(.openBracket) {
                let name = try string("the name of an attribute as a string")
                try expect(.closeBracket)
                result = try make(.attribute(result, Expression.Name(name)), at: start)
            } else if isSymbol(.openParenthesis) {
                throw fail(at: current.start, "this cannot be called", expected: "the name of an extension function")
            } else {
                return result
            }
        }
    }

    private mutating func methodCall(
        _ name: String, on receiver: Expression, at place: Int
    ) throws(Abandoned) -> Expression {
        let arguments = try arguments()
        if let method = Expression.Method(rawValue: name) {
            guard arguments.count == (method.takesArgument ? 1 : 0) else {
                throw fail(
                    at: place, "`\(name)` takes \(method.takesArgument ? 1 : 0) arguments, got \(arguments.count)")
            }
            return try make(.method(method, receiver, arguments.first), at: place)
        }
        guard let function = ExtensionFunction.byName[ByteKey(name)] else {
            throw fail(at: place, "there is no method `\(name)`", expected: Self.methodNames)
        }
        guard !function.isFunction else {
            throw fail(at: place, "`\(name)` is a function, not a method", expected: "`\(name)(...)`")
        }
        return try make(.call(function, [receiver] + arguments), at: place)
    }

    private static let methodNames =
        "one of "
        + (Expression.Method.allCases.map(\.rawValue)
        + ExtensionFunction.allCases.filter { !$0.isFunction }.map(\.rawValue)).joined(separator: ", ")

    private mutating func arguments() throws(Abandoned) -> [Expression] {
        try expect(.openParenthesis)
        return try list(until: .closeParenthesis) { reader throws(Abandoned) in try reader.expression() }
    }

    /// Reads a comma list with an optional comma at its end.
    mutating func list<Element>(
        until closing: Token.Symbol, element: (inout Self) throws(Abandoned) -> Element
    ) throws(Abandoned) -> [Element] {
        var elements: [Element] = []
        while !isSymbol(closing) {
            elements.append(try element(&self))
            if !take(.comma) { break }
        }
        try expect(closing, or: "`,` or an operator")
        return elements
    }

    private mutating func primary() throws(Abandoned) -> Expression {
        let start = current.start
        switch current.kind {
        case .number: return try make(.literal(.long(try integer(negated: false))), at: start)
        case .string: return try make(.literal(.string(Expression.Name(try string()))), at: start)
        case .slot:
            throw fail(at: start, "a slot cannot stand in a condition", expected: "slots in the scope only")
        case .identifier: return try word()
        case .symbol(.openParenthesis):
            advance()
            let inner = try expression()
            try expect(.closeParenthesis, or: "an operator")
            return inner
        case .symbol(.openBracket):
            advance()
            return try make(
                .set(try list(until: .closeBracket) { reader throws(Abandoned) in try reader.expression() }), at: start)
        case .symbol(.openBrace): return try record()
        case .symbol, .end: throw unexpected("an expression")
        }
    }

    private mutating func word() throws(Abandoned) -> Expression {
        let start = current.start
        if takeWord("true") { return try make(.literal(.bool(true)), at: start) }
        if takeWord("false") { return try make(.literal(.bool(false)), at: start) }
        if isWord("if") { throw fail(at: start, "`if` wants parentheses around it here") }
        let name = try identifier("an expression")
        if isSymbol(.pathSeparator) { return try make(.literal(.entity(try entityUID(after: name))), at: start) }
        if isSymbol(.openParenthesis), Expression.Variable(rawValue: name) == nil {
            guard let function = ExtensionFunction.byName[ByteKey(name)], function.isFunction else {
                throw fail(
                    at: start, "there is no function `\(name)`",
                    expected: "`decimal`, `ip`, `datetime` or `duration`; methods are written `x.\(name)(...)`")
            }
            return try make(.call(function, try arguments()), at: start)
        }
        guard let variable = Expression.Variable(rawValue: name) else {
            throw fail(
                at: start, "there is no variable `\(name)`",
                expected: "`principal`, `action`, `resource`, `context`, or an entity such as `\(name)::\"...\"`")
        }
        return try make(.variable(variable), at: start)
    }

    private mutating func record() throws(Abandoned) -> Expression {
        let start = current.start
        advance()
        var seen: Set<ByteKey> = []
        let fields = try list(until: .closeBrace) { reader throws(Abandoned) in
            let place = reader.current.start
            let key = Expression.Name(
                reader.current.kind == .string
                    ? try reader.string() : try reader.identifier("a key: an identifier or a string"))
            if !seen.insert(key).inserted {
                reader.report(at: place, "key `\(CedarString.escaped(key.text))` stands twice")
            }
            try reader.expect(.colon)
            return Expression.Field(key: key, value: try reader.expression())
        }
        return try make(.record(fields.sorted { $0.key < $1.key }), at: start)
    }
}
