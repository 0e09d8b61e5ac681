// SPDX-License-Identifier: Apache-2.0

/// Why a policy's condition has no value for a request.
public enum EvaluationError: Error, Sendable, Hashable {
    /// An attribute or tag of an entity was read that is not in the store.
    case entityDoesNotExist(EntityUID)
    /// The entity has no such attribute.
    case attributeMissing(EntityUID, attribute: String)
    /// The entity has no such tag.
    case tagMissing(EntityUID, tag: String)
    /// The record has no such key.
    case keyMissing(String)
    /// An operand has the wrong kind.
    case typeMismatch(expected: [ValueKind], actual: ValueKind)
    /// Integer arithmetic left the 64-bit range.
    case overflow(operation: String)
    /// An extension function was given the wrong number of arguments, the receiver counted.
    case wrongArgumentCount(function: String, expected: Int, actual: Int)
    /// An extension function refused its argument.
    case extensionFunction(String, ExtensionProblem)
    /// A slot was reached that no link filled.
    case openSlot(Slot)
    /// The function `unknown` was reached.
    case unknownValue
    /// Expressions nest more deeply than the evaluator goes.
    case nestingTooDeep
}

extension EvaluationError: CustomStringConvertible {
    /// What was wrong; names entities, attributes and kinds, never values.
    public var description: String {
        switch self {
        case .entityDoesNotExist(let uid): "entity `\(uid)` does not exist"
        case .attributeMissing(let uid, let name): "entity `\(uid)` has no attribute `\(name)`; guard it with `has`"
        case .tagMissing(let uid, let tag): "entity `\(uid)` has no tag `\(tag)`; guard it with `hasTag`"
        case .keyMissing(let name): "the record has no attribute `\(name)`; guard it with `has`"
        case .typeMismatch(let expected, let actual):
            "expected \(expected.map(\.rawValue).joined(separator: " or ")), got \(actual.rawValue)"
        case .overflow(let operation): "integer overflow in `\(operation)`"
        case .wrongArgumentCount(let function, let expected, let actual):
            "`\(function)` takes \(expected) arguments, got \(actual)"
        case .extensionFunction(let function, let problem): "`\(function)`: \(problem)"
        case .openSlot(let slot): "slot `\(slot.rawValue)` was never filled"
        case .unknownValue: "`unknown` has no value"
        case .nestingTooDeep: "the expression nests too deeply"
        }
    }
}
