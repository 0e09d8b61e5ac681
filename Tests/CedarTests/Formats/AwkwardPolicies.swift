// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

/// Makes policies from a seed: every kind of expression, awkward strings and names, as the parser would build them.
struct AwkwardPolicies {
    private var state: UInt64

    init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678 }

    mutating func number(below limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(truncatingIfNeeded: (state >> 33) % UInt64(limit))
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(below: elements.count)] }

    private static let strings = [
        "", "a", "if", "a b", "\"", "\\", "*", "\n\r\t\0", "é", "e\u{301}", "\u{202e}x", "漢", "😀", "__cedar", "a*b\\*",
        "\u{7f}", "'", "\u{feff}", "permit",
    ]
    private static let types = ["User", "A::B::C", "Action", "NS::Action", "permit", "principal", "_x1"]

    mutating func string() -> String { pick(Self.strings) }
    mutating func type() -> EntityTypeName { EntityTypeName(normalized: pick(Self.types)) }
    mutating func uid() -> EntityUID { EntityUID(type: type(), id: string()) }

    mutating func body() -> PolicyBody {
        let names = ["id", "if", "_x", "reason", "__cedar"]
        let annotations = (0..<number(below: 3)).map { index in
            Annotations.Entry(
                name: names[index + number(below: 3)] + "\(index)", value: number(below: 3) == 0 ? nil : string())
        }
        let conditions = (0..<number(below: 4)).map { _ in
            PolicyBody.Condition(kind: pick([.when, .unless]), body: expression(number(below: 7)))
        }
        return PolicyBody(
            effect: pick([.permit, .forbid]), annotations: Annotations(annotations),
            scope: Scope(principal: constraint(), action: action(), resource: constraint()), conditions: conditions,
            location: LineTable.none.location(at: 0), lines: .none)
    }

    private mutating func constraint() -> EntityConstraint {
        let reference: EntityConstraint.Reference = number(below: 3) == 0 ? .slot : .entity(uid())
        return pick([.any, .equal(reference), .isIn(reference), .isType(type()), .isTypeIn(type(), reference)])
    }

    private mutating func action() -> ActionConstraint {
        let uids = (0..<number(below: 4)).map { _ in
            EntityUID(type: EntityTypeName(normalized: pick(["Action", "NS::Action"])), id: string())
        }
        guard let first = uids.first else { return pick([.any, .isInAny([])]) }
        return pick([.equal(first), .isIn(first), .isInAny(uids)])
    }

    mutating func expression(_ depth: Int) -> Expression {
        guard depth > 0 else { return Expression(leaf()) }
        func inner(_ generator: inout Self) -> Expression {
            generator.expression(depth - 1 - generator.number(below: 2))
        }
        switch number(below: 16) {
        case 0: return chain(depth) { .and($0) }
        case 1: return chain(depth) { .or($0) }
        case 2: return arithmetic(depth)
        case 3: return Expression(.not(inner(&self)))
        case 4: return Expression(.negate(inner(&self)))
        case 5:
            let comparison: Expression.Comparison = pick([
                .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isIn,
            ])
            return Expression(.comparison(comparison, inner(&self), inner(&self)))
        case 6: return Expression(.conditional(if: inner(&self), then: inner(&self), else: inner(&self)))
        case 7: return Expression(.isType(inner(&self), type(), in: number(below: 2) == 0 ? nil : inner(&self)))
        case 8:
            let path = number(below: 2) == 0 ? [string()] : (0...number(below: 3)).map { "x\($0)" }
            return Expression(.has(inner(&self), path.map { Expression.Name($0) }))
        case 9: return Expression(.attribute(inner(&self), Expression.Name(number(below: 2) == 0 ? string() : "name")))
        case 10: return Expression(.like(inner(&self), pattern()))
        case 11:
            let method = pick(Expression.Method.allCases)
            return Expression(.method(method, inner(&self), method.takesArgument ? inner(&self) : nil))
        case 12:
            let function = pick(ExtensionFunction.allCases)
            let count = number(below: 3) + (function.isFunction ? 0 : 1)
            return Expression(.call(function, (0..<count).map { _ in inner(&self) }))
        case 13: return Expression(.set((0..<number(below: 4)).map { _ in inner(&self) }))
        case 14: return record(depth)
        default: return Expression(leaf())
        }
    }

    private mutating func leaf() -> Expression.Kind {
        switch number(below: 5) {
        case 0: .literal(.bool(number(below: 2) == 0))
        case 1: .literal(.long(pick([0, 1, -1, 5, .min, .max])))
        case 2: .literal(.string(Expression.Name(string())))
        case 3: .literal(.entity(uid()))
        default: .variable(pick(Expression.Variable.allCases))
        }
    }

    /// Two Boolean literals never stand at the head of a chain: the parser makes them one.
    private mutating func chain(_ depth: Int, _ make: ([Expression]) -> Expression.Kind) -> Expression {
        var operands = (0..<(2 + number(below: 3))).map { _ in expression(depth - 1) }
        if case .literal(.bool) = operands[0].kind { operands[0] = Expression(.variable(.context)) }
        return Expression(make(operands))
    }

    private mutating func arithmetic(_ depth: Int) -> Expression {
        let isProduct = number(below: 2) == 0
        let steps = (0...number(below: 3)).map { _ in
            Expression.ArithmeticStep(
                operation: isProduct ? .multiply : pick([.add, .subtract]), operand: expression(depth - 1))
        }
        return Expression(.arithmetic(expression(depth - 1), steps))
    }

    private mutating func pattern() -> Pattern {
        Pattern(
            (0..<number(below: 6)).map { _ in
                number(below: 3) == 0 ? .wildcard : .scalar(pick(["a", "*", "\\", "é", "\u{301}", "\""]))
            })
    }

    private mutating func record(_ depth: Int) -> Expression {
        var keys: Set<Expression.Name> = []
        for _ in 0..<number(below: 4) { keys.insert(Expression.Name(string())) }
        return Expression(.record(keys.sorted().map { Expression.Field(key: $0, value: expression(depth - 1)) }))
    }
}
