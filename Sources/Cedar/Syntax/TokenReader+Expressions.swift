// SPDX-License-Identifier: Apache-2.0

extension TokenReader {
    /// Reads an expression; each one nests a level deeper.
    mutating func expression() throws(Abandoned) -> Expression {
        try nested { reader throws(Abandoned) in
            if reader.isWord("if") { return try reader.conditional() }
            return try reader.disjunction()
        }
    }

    private mutating func conditional() throws(Abandoned) -> Expression {
        // `else if` is read in a loop: a long list of cases is no nesting.
        var cases: [(start: Int, condition: Expression, then: Expression)] = []
        while isWord("if") {
            let start = current.start
            advance()
            let condition = try expression()
            guard takeWord("then") else { throw unexpected("`then` or an operator") }
            cases.append((start, condition, try expression()))
            guard takeWord("else") else { throw unexpected("`else` or an operator") }
        }
        var result = try expression()
        for branch in cases.reversed() {
            result = try make(.conditional(if: branch.condition, then: branch.then, else: result), at: branch.start)
        }
        return result
    }

    private mutating func disjunction() throws(Abandoned) -> Expression {
        let start = current.start
        var operands = [try conjunction()]
        while take(.or) {
            try append(try conjunction(), to: &operands) { $0 || $1 }
        }
        return operands.count == 1 ? operands[0] : try make(.or(operands), at: start)
    }

    private mutating func conjunction() throws(Abandoned) -> Expression {
        let start = current.start
        var operands = [try relation()]
        while take(.and) {
            try append(try relation(), to: &operands) { $0 && $1 }
        }
        return operands.count == 1 ? operands[0] : try make(.and(operands), at: start)
    }

    /// Adds an operand of a left fold; two Boolean literals become one.
    private mutating func append(
        _ operand: Expression, to operands: inout [Expression], folding: (Bool, Bool) -> Bool
    ) throws(Abandoned) {
        if operands.count == 1, case .literal(.bool(let left)) = operands[0].kind,
            case .literal(.bool(let right)) = operand.kind
        {
            operands[0] = Expression(.literal(.bool(folding(left, right))), offset: operands[0].offset)
            return
        }
        guard operands.count < limits.maximumOperands else {
            throw fail(at: Int(operand.offset), "a chain of operators has more than \(limits.maximumOperands) operands")
        }
        operands.append(operand)
    }

    private mutating func relation() throws(Abandoned) -> Expression {
        let start = current.start
        let left = try sum()
        if takeWord("has") { return try make(.has(left, try hasPath()), at: start) }
        if takeWord("like") { return try make(.like(left, try pattern()), at: start) }
        if takeWord("is") {
            let type = try typeName()
            let ancestor = takeWord("in") ? try sum() : nil
            return try make(.isType(left, type, in: ancestor), at: start)
        }
        guard let comparison = comparison() else {
            if isSymbol(.assign) { throw unexpected("`==` (`=` does not exist)") }
            return left
        }
        advance()
        let result = try make(.comparison(comparison, left, try sum()), at: start)
        if self.comparison() != nil || isWord("has") || isWord("like") || isWord("is") {
            throw fail(at: current.start, "comparisons cannot be chained", expected: "parentheses around one of them")
        }
        return result
    }

    private func comparison() -> Expression.Comparison? {
        switch current.kind {
        case .symbol(let symbol): Expression.Comparison(rawValue: symbol.rawValue)
        case .identifier: isWord("in") ? .isIn : nil
        case .number, .string, .slot, .end: nil
        }
    }

    private mutating func hasPath() throws(Abandoned) -> [Expression.Name] {
        if current.kind == .string { return [Expression.Name(try string())] }
        var path = [Expression.Name(try identifier("the name of an attribute"))]
        while take(.dot) {
            path.append(Expression.Name(try identifier("the name of an attribute")))
            guard path.count <= limits.maximumNesting else { throw fail(at: current.start, "the path is too long") }
        }
        return path
    }

    private mutating func pattern() throws(Abandoned) -> Pattern {
        guard current.kind == .string else { throw unexpected("a pattern as a string") }
        do {
            let pattern = try StringLiteral.pattern(bytes[current.start..<current.end])
            advance()
            return pattern
        } catch {
            throw fail(at: error.offset, error.problem)
        }
    }

    private mutating func sum() throws(Abandoned) -> Expression {
        let start = current.start
        let first = try product()
        var steps: [Expression.ArithmeticStep] = []
        while isSymbol(.plus) || isSymbol(.minus) {
            let operation: Expression.Arithmetic = isSymbol(.plus) ? .add : .subtract
            advance()
            try append(operation, try product(), to: &steps)
        }
        return steps.isEmpty ? first : try make(.arithmetic(first, steps), at: start)
    }

    private mutating func product() throws(Abandoned) -> Expression {
        let start = current.start
        let first = try unary()
        var steps: [Expression.ArithmeticStep] = []
        while take(.star) { try append(.multiply, try unary(), to: &steps) }
        if isSymbol(.slash) || isSymbol(.percent) {
            throw fail(at: current.start, "Cedar has no division and no remainder", expected: "`+`, `-` or `*`")
        }
        return steps.isEmpty ? first : try make(.arithmetic(first, steps), at: start)
    }

    private mutating func append(
        _ operation: Expression.Arithmetic, _ operand: Expression, to steps: inout [Expression.ArithmeticStep]
    ) throws(Abandoned) {
        guard steps.count < limits.maximumOperands else {
            throw fail(at: Int(operand.offset), "a chain of operators has more than \(limits.maximumOperands) operands")
        }
        steps.append(Expression.ArithmeticStep(operation: operation, operand: operand))
    }

    private mutating func unary() throws(Abandoned) -> Expression {
        let start = current.start
        let symbol: Token.Symbol = isSymbol(.not) ? .not : .minus
        var count = 0
        while take(symbol) { count += 1 }
        guard count <= 4 else {
            throw fail(at: start, "`\(symbol.rawValue)` stands more than four times in a row")
        }
        if isSymbol(.not) || isSymbol(.minus) {
            throw fail(at: current.start, "`!` and `-` cannot follow one another", expected: "parentheses")
        }
        var inner: Expression
        if symbol == .minus, count > 0, current.kind == .number, !isMember(peek()) {
            inner = try make(.literal(.long(try integer(negated: true))), at: start)
            count -= 1
        } else {
            inner = try member()
        }
        for _ in 0..<count { inner = try make(symbol == .not ? .not(inner) : .negate(inner), at: start) }
        return inner
    }

    private func isMember(_ token: Token) -> Bool {
        token.kind == .symbol(.dot) || token.kind == .symbol(.openBracket) || token.kind == .symbol(.openParenthesis)
    }

    /// Makes a node, refusing what would make later walks too deep.
    mutating func make(_ kind: Expression.Kind, at start: Int) throws(Abandoned) -> Expression {
        let result = Expression(kind, offset: UInt32(clamping: start))
        guard Int(result.depth) <= Expression.maximumDepth else {
            throw fail(at: start, "the expression nests more deeply than \(Expression.maximumDepth) levels")
        }
        return result
    }

    mutating func integer(negated: Bool) throws(Abandoned) -> Int64 {
        let digits = bytes[current.start..<current.end]
        guard let value = Int64(digits: digits, negative: negated) else {
            throw fail(at: current.start, "`\(text(of: current).prefix(60))` does not fit a 64-bit integer")
        }
        advance()
        return value
    }
}

extension Expression {
    /// How deep an expression may be: a few operators at each level that brackets may nest.
    ///
    /// Walks over expressions recurse this deep at most, those beyond ``DeepStack/ordinaryDepth`` on a stack made for
    /// it.
    static let maximumDepth = 1024
}
