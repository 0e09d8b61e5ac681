// SPDX-License-Identifier: Apache-2.0

extension ReferenceEvaluator {
    func has(_ inner: Expression, _ path: [Expression.Name]) throws(EvaluationError) -> Bool {
        var value = try evaluate(inner)
        for (index, name) in path.enumerated() {
            guard try has(name.text, in: value) else { return false }
            if index < path.count - 1 { value = try attribute(name.text, of: value) }
        }
        return true
    }

    private func has(_ name: String, in value: Value) throws(EvaluationError) -> Bool {
        switch value {
        case .record(let record): return record[name] != nil
        case .entity(let uid): return node(uid)?.entity.attributes[name] != nil
        case .bool, .long, .string, .set, .decimal, .ip, .datetime, .duration:
            throw .typeMismatch(expected: [.record, .entity], actual: value.kind)
        }
    }

    func attribute(_ name: String, of value: Value) throws(EvaluationError) -> Value {
        switch value {
        case .record(let record):
            guard let found = record[name] else { throw .keyMissing(name) }
            return found
        case .entity(let uid):
            guard let entity = node(uid)?.entity else { throw .entityDoesNotExist(uid) }
            guard let found = entity.attributes[name] else { throw .attributeMissing(uid, attribute: name) }
            return found
        case .bool, .long, .string, .set, .decimal, .ip, .datetime, .duration:
            throw .typeMismatch(expected: [.record, .entity], actual: value.kind)
        }
    }

    func call(
        _ method: Expression.Method, _ receiver: Expression, _ argument: Expression?
    ) throws(EvaluationError) -> Value {
        let receiver = try evaluate(receiver)
        guard let argument else { return .bool(try set(receiver).isEmpty) }
        let value = try evaluate(argument)
        switch method {
        case .isEmpty: return .bool(try set(receiver).isEmpty)
        case .contains: return .bool(try set(receiver).contains(value))
        case .containsAll:
            let (outer, inner) = (try set(receiver), try set(value))
            return .bool(inner.elements.allSatisfy(outer.contains))
        case .containsAny:
            let (outer, inner) = (try set(receiver), try set(value))
            return .bool(inner.elements.contains(where: outer.contains))
        case .hasTag:
            let (uid, tag) = (try entity(receiver), try string(value))
            return .bool(node(uid)?.entity.tags[tag] != nil)
        case .getTag:
            let (uid, tag) = (try entity(receiver), try string(value))
            guard let entity = node(uid)?.entity else { throw .entityDoesNotExist(uid) }
            guard let found = entity.tags[tag] else { throw .tagMissing(uid, tag: tag) }
            return found
        }
    }

    func call(_ function: ExtensionFunction, _ arguments: [Expression]) throws(EvaluationError) -> Value {
        var values: [Value] = []
        for argument in arguments { values.append(try evaluate(argument)) }
        return try function.apply(values)
    }

    func bool(_ expression: Expression) throws(EvaluationError) -> Bool {
        let value = try evaluate(expression)
        guard case .bool(let result) = value else { throw .typeMismatch(expected: [.bool], actual: value.kind) }
        return result
    }

    func long(_ expression: Expression) throws(EvaluationError) -> Int64 { try long(try evaluate(expression)) }

    func long(_ value: Value) throws(EvaluationError) -> Int64 {
        guard case .long(let result) = value else { throw .typeMismatch(expected: [.long], actual: value.kind) }
        return result
    }

    func string(_ expression: Expression) throws(EvaluationError) -> String { try string(try evaluate(expression)) }

    func string(_ value: Value) throws(EvaluationError) -> String {
        guard case .string(let result) = value else { throw .typeMismatch(expected: [.string], actual: value.kind) }
        return result
    }

    func entity(_ value: Value) throws(EvaluationError) -> EntityUID {
        guard case .entity(let result) = value else { throw .typeMismatch(expected: [.entity], actual: value.kind) }
        return result
    }

    func set(_ value: Value) throws(EvaluationError) -> ValueSet {
        guard case .set(let result) = value else { throw .typeMismatch(expected: [.set], actual: value.kind) }
        return result
    }
}
