// SPDX-License-Identifier: Apache-2.0

/// The kinds of expressions by the names that they have in JSON; extension calls go by the function's name.
enum ExpressionKind: Hashable, Sendable {
    case value, variable, slot, not, negate, isEmpty
    case comparison(Expression.Comparison)
    case method(Expression.Method)
    case and, or
    case arithmetic(Expression.Arithmetic)
    case attribute, has, like, isType, conditional, set, record

    /// The name, as written.
    var name: String {
        switch self {
        case .value: "Value"
        case .variable: "Var"
        case .slot: "Slot"
        case .not: "!"
        case .negate: "neg"
        case .isEmpty: "isEmpty"
        case .comparison(let comparison): comparison.rawValue
        case .method(let method): method.rawValue
        case .and: "&&"
        case .or: "||"
        case .arithmetic(let operation): operation.rawValue
        case .attribute: "."
        case .has: "has"
        case .like: "like"
        case .isType: "is"
        case .conditional: "if-then-else"
        case .set: "Set"
        case .record: "Record"
        }
    }

    private static let comparisons: [Expression.Comparison] = [
        .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isIn,
    ]
    private static let operations: [Expression.Arithmetic] = [.add, .subtract, .multiply]
    private static let plain: [ExpressionKind] = [
        .value, .variable, .slot, .not, .negate, .isEmpty, .and, .or, .attribute, .has, .like, .isType, .conditional,
        .set, .record,
    ]

    static let byName: [ByteKey: ExpressionKind] = {
        let binary = Expression.Method.allCases.filter(\.takesArgument).map { ExpressionKind.method($0) }
        let all =
            plain + binary + comparisons.map { .comparison($0) } + operations.map { .arithmetic($0) }
        return Dictionary(all.map { (ByteKey($0.name), $0) }) { first, _ in first }
    }()
}
