// SPDX-License-Identifier: Apache-2.0

/// An expression of a policy's conditions, close to its surface form.
///
/// Chains of `&&`, `||`, `+ -` and `*` are flat, so that their length costs no stack.
struct Expression: Sendable, Hashable {
    let kind: Kind
    /// Where the expression begins, in bytes from the start of its text.
    let offset: UInt32
    /// How deeply expressions nest in this one: 1 for a leaf.
    let depth: UInt16

    init(_ kind: Kind, offset: UInt32 = 0) {
        self.kind = kind
        self.offset = offset
        let inner = kind.children.reduce(0) { max($0, $1.depth) }
        depth = inner == .max ? .max : inner + 1
    }

    /// Shapes compare without positions.
    static func == (left: Self, right: Self) -> Bool { left.kind == right.kind }
    func hash(into hasher: inout Hasher) { hasher.combine(kind) }

    indirect enum Kind: Sendable, Hashable {
        case literal(Literal)
        case variable(Variable)
        case slot(Slot)
        /// Left fold of at least two operands.
        case and([Expression])
        /// Left fold of at least two operands.
        case or([Expression])
        /// Left fold of `+`, `-` and `*`.
        case arithmetic(Expression, [ArithmeticStep])
        case not(Expression)
        case negate(Expression)
        case comparison(Comparison, Expression, Expression)
        case conditional(if: Expression, then: Expression, else: Expression)
        case isType(Expression, EntityTypeName, in: Expression?)
        /// `e has a.b.c`; at least one name.
        case has(Expression, [Name])
        case attribute(Expression, Name)
        case like(Expression, Pattern)
        case method(Method, Expression, Expression?)
        case call(ExtensionFunction, [Expression])
        case set([Expression])
        /// Keys differ; ordered by their bytes.
        case record([Field])
    }

    enum Literal: Sendable, Hashable {
        case bool(Bool)
        case long(Int64)
        case string(Name)
        case entity(EntityUID)
    }

    enum Variable: String, Sendable, Hashable, CaseIterable { case principal, action, resource, context }

    enum Comparison: String, Sendable, Hashable {
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case isIn = "in"
    }

    enum Method: String, Sendable, Hashable, CaseIterable {
        case contains, containsAll, containsAny, isEmpty, getTag, hasTag

        var takesArgument: Bool {
            switch self {
            case .contains, .containsAll, .containsAny, .getTag, .hasTag: true
            case .isEmpty: false
            }
        }
    }

    struct ArithmeticStep: Sendable, Hashable {
        let operation: Arithmetic
        let operand: Expression
    }

    enum Arithmetic: String, Sendable, Hashable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
    }

    struct Field: Sendable, Hashable {
        let key: Name
        let value: Expression
    }

    /// A string of the policy, compared by bytes.
    typealias Name = ByteKey
}

/// A slot of a template.
public enum Slot: String, Sendable, Hashable, CaseIterable {
    /// `?principal`
    case principal = "?principal"
    /// `?resource`
    case resource = "?resource"
}

extension Expression.Kind {
    var children: [Expression] {
        switch self {
        case .literal, .variable, .slot: []
        case .and(let operands), .or(let operands), .set(let operands), .call(_, let operands): operands
        case .arithmetic(let first, let steps): [first] + steps.map(\.operand)
        case .not(let inner), .negate(let inner), .has(let inner, _), .attribute(let inner, _), .like(let inner, _):
            [inner]
        case .comparison(_, let left, let right): [left, right]
        case .conditional(let condition, let then, let otherwise): [condition, then, otherwise]
        case .isType(let inner, _, let ancestor): ancestor.map { [inner, $0] } ?? [inner]
        case .method(_, let receiver, let argument): argument.map { [receiver, $0] } ?? [receiver]
        case .record(let fields): fields.map(\.value)
        }
    }
}
