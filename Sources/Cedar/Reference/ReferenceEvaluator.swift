// SPDX-License-Identifier: Apache-2.0

/// Walks an expression over plain values: slow, obvious, and the oracle for the compiled engine.
struct ReferenceEvaluator {
    let request: Request
    let entities: EntityStore
    /// Entities that lie above the store.
    var overlay: [EntityUID: EntityStore.Node] = [:]
    /// What slots stand for.
    var slots: [Slot: EntityUID] = [:]

    func evaluate(_ expression: Expression) throws(EvaluationError) -> Value {
        switch expression.kind {
        case .literal(let literal): Self.value(of: literal)
        case .variable(let variable): value(of: variable)
        case .slot(let slot): try value(of: slot)
        case .and(let operands): try fold(operands, until: false)
        case .or(let operands): try fold(operands, until: true)
        case .arithmetic(let first, let steps): try arithmetic(first, steps)
        case .not(let inner): .bool(!(try bool(inner)))
        case .negate(let inner): .long(try Arithmetic.negate(try long(inner)))
        case .comparison(let comparison, let left, let right): .bool(try compare(comparison, left, right))
        case .conditional(let condition, let then, let otherwise):
            try evaluate(try bool(condition) ? then : otherwise)
        case .isType(let inner, let type, in: let ancestor): .bool(try isType(inner, type, ancestor))
        case .has(let inner, let path): .bool(try has(inner, path))
        case .attribute(let inner, let name): try attribute(name.text, of: try evaluate(inner))
        case .like(let inner, let pattern): .bool(pattern.matches(try string(inner)))
        case .method(let method, let receiver, let argument): try call(method, receiver, argument)
        case .call(let function, let arguments): try call(function, arguments)
        case .set(let elements): .set(try elements.map(evaluate))
        case .record(let fields): try record(fields)
        }
    }

    static func value(of literal: Expression.Literal) -> Value {
        switch literal {
        case .bool(let value): .bool(value)
        case .long(let value): .long(value)
        case .string(let value): .string(value.text)
        case .entity(let value): .entity(value)
        }
    }

    private func value(of variable: Expression.Variable) -> Value {
        switch variable {
        case .principal: .entity(request.principal)
        case .action: .entity(request.action)
        case .resource: .entity(request.resource)
        case .context: .record(request.context)
        }
    }

    private func value(of slot: Slot) throws(EvaluationError) -> Value {
        guard let uid = slots[slot] else { throw .openSlot(slot) }
        return .entity(uid)
    }

    private func fold(_ operands: [Expression], until stop: Bool) throws(EvaluationError) -> Value {
        for operand in operands where try bool(operand) == stop { return .bool(stop) }
        return .bool(!stop)
    }

    /// Steps run strictly left to right, kinds checked when both operands of a step are known.
    private func arithmetic(
        _ first: Expression, _ steps: [Expression.ArithmeticStep]
    ) throws(EvaluationError) -> Value {
        var result = try evaluate(first)
        for step in steps {
            let right = try evaluate(step.operand)
            result = .long(try Arithmetic.apply(step.operation, try long(result), try long(right)))
        }
        return result
    }

    private func compare(
        _ comparison: Expression.Comparison, _ left: Expression, _ right: Expression
    ) throws(EvaluationError) -> Bool {
        let (left, right) = (try evaluate(left), try evaluate(right))
        switch comparison {
        case .equal: return left == right
        case .notEqual: return left != right
        case .less: return try order(left, right) { $0 < $1 }
        case .lessOrEqual: return try order(left, right) { $0 <= $1 }
        case .greater: return try order(left, right) { $0 > $1 }
        case .greaterOrEqual: return try order(left, right) { $0 >= $1 }
        case .isIn: return try isIn(try entity(left), right)
        }
    }

    private func order(
        _ left: Value, _ right: Value, _ test: (Int64, Int64) -> Bool
    ) throws(EvaluationError) -> Bool {
        switch (left, right) {
        case (.long(let a), .long(let b)): return test(a, b)
        case (.datetime(let a), .datetime(let b)): return test(a.milliseconds, b.milliseconds)
        case (.duration(let a), .duration(let b)): return test(a.milliseconds, b.milliseconds)
        case (.long, _): throw .typeMismatch(expected: [.long], actual: right.kind)
        case (.datetime, _): throw .typeMismatch(expected: [.datetime], actual: right.kind)
        case (.duration, _): throw .typeMismatch(expected: [.duration], actual: right.kind)
        case (.bool, _), (.string, _), (.entity, _), (.set, _), (.record, _), (.decimal, _), (.ip, _):
            throw .typeMismatch(expected: [.long, .datetime, .duration], actual: left.kind)
        }
    }

    private func isIn(_ uid: EntityUID, _ right: Value) throws(EvaluationError) -> Bool {
        switch right {
        case .entity(let ancestor): return isIn(uid, ancestor)
        case .set(let set):
            var candidates: [EntityUID] = []
            for element in set.elements { candidates.append(try entity(element)) }
            return candidates.contains { isIn(uid, $0) }
        case .bool, .long, .string, .record, .decimal, .ip, .datetime, .duration:
            throw .typeMismatch(expected: [.entity, .set], actual: right.kind)
        }
    }

    func isIn(_ uid: EntityUID, _ ancestor: EntityUID) -> Bool {
        uid == ancestor || node(uid)?.ancestors.contains(ancestor) ?? false
    }

    func node(_ uid: EntityUID) -> EntityStore.Node? { overlay[uid] ?? entities.nodes[uid] }

    private func isType(
        _ inner: Expression, _ type: EntityTypeName, _ ancestor: Expression?
    ) throws(EvaluationError) -> Bool {
        let uid = try entity(try evaluate(inner))
        guard uid.type == type else { return false }
        guard let ancestor else { return true }
        return try isIn(uid, try evaluate(ancestor))
    }

    private func record(_ fields: [Expression.Field]) throws(EvaluationError) -> Value {
        var members: [(String, Value)] = []
        for field in fields { members.append((field.key.text, try evaluate(field.value))) }
        return .record(members)
    }
}
