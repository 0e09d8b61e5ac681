// SPDX-License-Identifier: Apache-2.0

/// Writes expressions as Cedar text, with the parentheses that reading them back needs and no others.
struct ExpressionPrinter {
    private(set) var text = ""

    /// How tightly an expression binds; an operand that binds less tightly than its place asks wants parentheses.
    enum Strength: Int, Comparable {
        case whole, or, and, relation, sum, product, unary, member

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    static func text(of expression: Expression) -> String {
        var printer = ExpressionPrinter()
        printer.write(expression, .whole)
        return printer.text
    }

    private mutating func write(_ expression: Expression, _ strength: Strength) {
        if expression.kind.strength < strength {
            text += "("
            write(expression.kind)
            text += ")"
        } else {
            write(expression.kind)
        }
    }

    private mutating func write(_ kind: Expression.Kind) {
        switch kind {
        case .literal(let literal): write(literal)
        case .variable(let variable): text += variable.rawValue
        case .slot(let slot): text += slot.rawValue
        case .and(let operands): join(operands, " && ", .relation)
        case .or(let operands): join(operands, " || ", .and)
        case .arithmetic(let first, let steps): arithmetic(first, steps)
        case .not(let inner): unary("!", inner)
        case .negate(let inner): unary("-", inner)
        case .comparison(let comparison, let left, let right):
            write(left, .sum)
            text += " \(comparison.rawValue) "
            write(right, .sum)
        case .conditional(let condition, let then, let otherwise):
            text += "if "
            write(condition, .whole)
            text += " then "
            write(then, .whole)
            text += " else "
            write(otherwise, .whole)
        case .isType(let inner, let type, let ancestor):
            write(inner, .sum)
            text += " is \(type.text)"
            if let ancestor {
                text += " in "
                write(ancestor, .sum)
            }
        case .has(let inner, let path): has(inner, path)
        case .attribute(let inner, let name):
            write(inner, .member)
            attribute(name)
        case .like(let inner, let pattern):
            write(inner, .sum)
            text += " like \(pattern.quoted)"
        case .method(let method, let receiver, let argument):
            write(receiver, .member)
            text += ".\(method.rawValue)"
            list(argument.map { [$0] } ?? [], "(", ")")
        case .call(let function, let arguments): call(function, arguments)
        case .set(let elements): list(elements, "[", "]")
        case .record(let fields): record(fields)
        }
    }

    private mutating func write(_ literal: Expression.Literal) {
        switch literal {
        case .bool(let value): text += value ? "true" : "false"
        case .long(let value): text += String(value)
        case .string(let string): text += CedarString.quoted(string.text)
        case .entity(let uid): text += uid.description
        }
    }

    private mutating func join(_ operands: [Expression], _ separator: String, _ strength: Strength) {
        for (index, operand) in operands.enumerated() {
            if index > 0 { text += separator }
            write(operand, strength)
        }
    }

    private mutating func list(_ elements: [Expression], _ open: String, _ close: String) {
        text += open
        join(elements, ", ", .whole)
        text += close
    }

    private mutating func arithmetic(_ first: Expression, _ steps: [Expression.ArithmeticStep]) {
        let isProduct = steps.contains { $0.operation == .multiply }
        let strength: Strength = isProduct ? .unary : .product
        write(first, strength)
        for step in steps {
            text += " \(step.operation.rawValue) "
            write(step.operand, strength)
        }
    }

    /// At most four of one operator may stand in a row, and a number behind `-` would become part of the literal.
    private mutating func unary(_ symbol: String, _ operand: Expression) {
        var (inner, count) = (operand, 1)
        while count < 4, let next = inner.kind.operand(of: symbol) {
            inner = next
            count += 1
        }
        text += String(repeating: symbol, count: count)
        if case .literal(.long) = inner.kind {
            text += "("
            write(inner, .whole)
            text += ")"
        } else {
            write(inner, .member)
        }
    }

    private mutating func has(_ inner: Expression, _ path: [Expression.Name]) {
        write(inner, .sum)
        text += " has "
        if path.allSatisfy({ Identifier.isUsable($0.text) }) {
            text += path.map(\.text).joined(separator: ".")
        } else {
            text += path.map { CedarString.quoted($0.text) }.joined(separator: ".")
        }
    }

    private mutating func attribute(_ name: Expression.Name) {
        text += Identifier.isUsable(name.text) ? ".\(name.text)" : "[\(CedarString.quoted(name.text))]"
    }

    private mutating func call(_ function: ExtensionFunction, _ arguments: [Expression]) {
        guard !function.isFunction, let receiver = arguments.first else {
            text += function.rawValue
            list(arguments, "(", ")")
            return
        }
        write(receiver, .member)
        text += ".\(function.rawValue)"
        list(Array(arguments.dropFirst()), "(", ")")
    }

    private mutating func record(_ fields: [Expression.Field]) {
        text += "{"
        for (index, field) in fields.enumerated() {
            if index > 0 { text += ", " }
            let key = field.key.text
            text += Identifier.isUsable(key) ? key : CedarString.quoted(key)
            text += ": "
            write(field.value, .whole)
        }
        text += "}"
    }
}

extension Expression.Kind {
    fileprivate var strength: ExpressionPrinter.Strength {
        switch self {
        case .conditional: .whole
        case .or: .or
        case .and: .and
        case .comparison, .isType, .has, .like: .relation
        case .arithmetic(_, let steps): steps.contains { $0.operation == .multiply } ? .product : .sum
        case .not, .negate: .unary
        case .literal(.long(let value)): value < 0 ? .unary : .member
        case .literal, .variable, .slot, .attribute, .method, .call, .set, .record: .member
        }
    }

    /// What the unary operator of a symbol stands before.
    fileprivate func operand(of symbol: String) -> Expression? {
        switch self {
        case .not(let inner) where symbol.hasSameBytes(as: "!"): inner
        case .negate(let inner) where symbol.hasSameBytes(as: "-"): inner
        case .literal, .variable, .slot, .and, .or, .arithmetic, .not, .negate, .comparison, .conditional, .isType,
            .has, .attribute, .like, .method, .call, .set, .record:
            nil
        }
    }
}

extension Pattern {
    /// The pattern between quotes; its literal stars are escaped.
    var quoted: String {
        var (result, run) = ("\"", "")
        for element in elements {
            switch element {
            case .scalar(let scalar): run.unicodeScalars.append(scalar)
            case .wildcard:
                result += CedarString.escaped(run, starIsSpecial: true) + "*"
                run = ""
            }
        }
        return result + CedarString.escaped(run, starIsSpecial: true) + "\""
    }
}
