// SPDX-License-Identifier: Apache-2.0

extension PolicyJSONReader {
    /// Reads an expression: an object with exactly one member, whose name says which kind.
    ///
    /// Left folds of one operator are read in a loop, so that their length costs no stack.
    mutating func expression(_ json: JSONNode) -> Expression? {
        guard let object = object(json, as: "an expression") else { return nil }
        guard object.count == 1, let member = object.first else {
            report("an expression has exactly one member, this has \(object.count)")
            return nil
        }
        let (outerOffset, name) = (expressionOffset, member.key)
        (depth, expressionOffset) = (depth + 1, json.offset)
        defer { (depth, expressionOffset) = (depth - 1, outerOffset) }
        guard depth <= Expression.maximumDepth else {
            report("the expression nests more deeply than \(Expression.maximumDepth) levels")
            return nil
        }
        return inside(.key(name), member.value) { reader in reader.operation(named: name, member.value) }
    }

    private mutating func operation(named name: String, _ json: JSONNode) -> Expression? {
        if let kind = ExpressionKind.byName[ByteKey(name)] { return expression(kind, json) }
        if let function = ExtensionFunction.byName[ByteKey(name)] {
            guard let list = array(json) else { return nil }
            return operands(list).flatMap { make(.call(function, $0)) }
        }
        report("there is no such expression")
        return nil
    }

    private mutating func expression(_ kind: ExpressionKind, _ json: JSONNode) -> Expression? {
        switch kind {
        case .value: return value(json)
        case .variable: return variable(json)
        case .slot:
            report("a slot cannot stand in a condition", expected: "slots in the scope only")
            return nil
        case .not: return argument(json).flatMap { make(.not($0)) }
        case .negate: return argument(json).flatMap { make(.negate($0)) }
        case .isEmpty: return argument(json).flatMap { make(.method(.isEmpty, $0, nil)) }
        case .comparison(let comparison):
            return pair(json).flatMap { make(.comparison(comparison, $0.left, $0.right)) }
        case .method(let method): return pair(json).flatMap { make(.method(method, $0.left, $0.right)) }
        case .and, .or: return chain(kind, json)
        case .arithmetic: return arithmetic(kind, json)
        case .attribute: return attribute(json)
        case .has: return has(json)
        case .like: return like(json)
        case .isType: return isType(json)
        case .conditional: return conditional(json)
        case .set:
            guard let list = array(json) else { return nil }
            return operands(list).flatMap { make(.set($0)) }
        case .record:
            guard let object = object(json) else { return nil }
            let fields = members(of: object) { reader, key, json -> Expression.Field? in
                reader.expression(json).map { Expression.Field(key: Expression.Name(key), value: $0) }
            }
            return fields.flatMap { fields in make(.record(fields.sorted { $0.key < $1.key })) }
        }
    }

    func make(_ kind: Expression.Kind) -> Expression? {
        Expression(kind, offset: UInt32(clamping: expressionOffset))
    }

    // MARK: Shapes

    /// The object behind an operator; all its fields must be known.
    private mutating func fields(_ json: JSONNode, _ known: [String]) -> JSONNode.Members? {
        guard let object = object(json) else { return nil }
        rejectUnknown(object, known: known)
        return object
    }

    private mutating func operand(_ name: String, of object: JSONNode.Members) -> Expression? {
        member(name, of: object) { reader, json in reader.expression(json) }
    }

    private mutating func argument(_ json: JSONNode) -> Expression? {
        fields(json, ["arg"]).flatMap { operand("arg", of: $0) }
    }

    private mutating func pair(_ json: JSONNode) -> (left: Expression, right: Expression)? {
        guard let object = fields(json, ["left", "right"]) else { return nil }
        let left = operand("left", of: object)
        let right = operand("right", of: object)
        guard let left, let right else { return nil }
        return (left, right)
    }

    private mutating func operands(_ list: JSONNode.Elements) -> [Expression]? {
        elements(of: list) { reader, json in reader.expression(json) }
    }

    // MARK: Kinds

    private mutating func variable(_ json: JSONNode) -> Expression? {
        guard let name = string(json) else { return nil }
        guard let variable = Expression.Variable.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) }) else {
            report(
                "there is no variable `\(CedarString.escaped(name))`",
                expected: "`principal`, `action`, `resource` or `context`")
            return nil
        }
        return make(.variable(variable))
    }

    private mutating func attribute(_ json: JSONNode) -> Expression? {
        guard let object = fields(json, ["left", "attr"]) else { return nil }
        let left = operand("left", of: object)
        let name = member("attr", of: object) { reader, json in reader.string(json) }
        guard let left, let name else { return nil }
        return make(.attribute(left, Expression.Name(name)))
    }

    /// Reads a test for attributes; fields that it does not know are passed over, as the reference does.
    private mutating func has(_ json: JSONNode) -> Expression? {
        guard let object = object(json) else { return nil }
        let left = operand("left", of: object)
        let path = member("attr", of: object) { reader, json -> [String]? in
            guard let list = json.arrayValue else { return reader.string(json).map { [$0] } }
            guard !list.isEmpty, list.count <= reader.limits.maximumNesting else {
                reader.report("the path has \(list.count) names", expected: "1 to \(reader.limits.maximumNesting)")
                return nil
            }
            return reader.elements(of: list) { reader, json in reader.string(json) }
        }
        guard let left, let path else { return nil }
        let names = path.map { Expression.Name($0) }
        guard path.count > 1, !path.allSatisfy(Identifier.isUsable) else { return make(.has(left, names)) }
        return expandedPath(left, names)
    }

    /// A path with names that cannot stand in the text's own path form: `(e has a) && (e.a has b)`.
    private mutating func expandedPath(_ receiver: Expression, _ names: [Expression.Name]) -> Expression? {
        var (receiver, tests): (Expression, [Expression]) = (receiver, [])
        for name in names {
            guard let test = make(.has(receiver, [name])), let next = make(.attribute(receiver, name)) else {
                return nil
            }
            tests.append(test)
            receiver = next
        }
        guard let result = make(.and(tests)), depth + Int(result.depth) <= Expression.maximumDepth + 1 else {
            report("the expression nests more deeply than \(Expression.maximumDepth) levels")
            return nil
        }
        return result
    }

    private mutating func like(_ json: JSONNode) -> Expression? {
        guard let object = fields(json, ["left", "pattern"]) else { return nil }
        let left = operand("left", of: object)
        let pattern = member("pattern", of: object) { reader, json -> Pattern? in
            guard let list = reader.array(json) else { return nil }
            let pieces = reader.elements(of: list) { reader, json in reader.patternElements(json) }
            return pieces.map { Pattern($0.flatMap { $0 }) }
        }
        guard let left, let pattern else { return nil }
        return make(.like(left, pattern))
    }

    private mutating func patternElements(_ json: JSONNode) -> [Pattern.Element]? {
        if json.isString("Wildcard") { return [.wildcard] }
        if let object = json.objectValue, object.count == 1 {
            if let text = object["Literal"]?.stringValue { return text.unicodeScalars.map { .scalar($0) } }
            if object["Wildcard"]?.isNull == true { return [.wildcard] }
        }
        report("this is no part of a pattern", expected: "`\"Wildcard\"` or `{\"Literal\": \"...\"}`")
        return nil
    }

    private mutating func isType(_ json: JSONNode) -> Expression? {
        guard let object = fields(json, ["left", "entity_type", "in"]) else { return nil }
        let left = operand("left", of: object)
        let type = member("entity_type", of: object) { reader, json in reader.typeName(json) }
        guard let inner = object["in"], !inner.isNull else {
            guard let left, let type else { return nil }
            return make(.isType(left, type, in: nil))
        }
        let ancestor = operand("in", of: object)
        guard let left, let type, let ancestor else { return nil }
        return make(.isType(left, type, in: ancestor))
    }

    private mutating func conditional(_ json: JSONNode) -> Expression? {
        guard let object = fields(json, ["if", "then", "else"]) else { return nil }
        let condition = operand("if", of: object)
        let then = operand("then", of: object)
        let otherwise = operand("else", of: object)
        guard let condition, let then, let otherwise else { return nil }
        return make(.conditional(if: condition, then: then, else: otherwise))
    }

    // MARK: Chains

    /// Reads the right operands of a left fold from the outside in, then the innermost left operand.
    private mutating func spine(
        _ json: JSONNode, while continues: (ExpressionKind) -> Bool, from kind: ExpressionKind
    ) -> (first: Expression, rest: [(ExpressionKind, Expression)])? {
        var (current, kind, steps, failed) = (json, kind, 0, false)
        var rest: [(ExpressionKind, Expression)] = []
        var first: Expression?
        defer { leave(steps) }
        while true {
            guard let object = fields(current, ["left", "right"]) else { return nil }
            guard rest.count < limits.maximumOperands else {
                report("a chain of operators has more than \(limits.maximumOperands) operands")
                return nil
            }
            if let right = operand("right", of: object) { rest.append((kind, right)) } else { failed = true }
            if let left = object["left"], let inner = left.objectValue, inner.count == 1, let next = inner.first,
                let nextKind = ExpressionKind.byName[ByteKey(next.key)], continues(nextKind)
            {
                enter(.key("left"), left)
                enter(.key(next.key), next.value)
                steps += 2
                (current, kind) = (next.value, nextKind)
                continue
            }
            first = operand("left", of: object)
            break
        }
        guard let first, !failed else { return nil }
        return (first, rest.reversed())
    }

    private mutating func chain(_ kind: ExpressionKind, _ json: JSONNode) -> Expression? {
        guard let spine = spine(json, while: { $0 == kind }, from: kind) else { return nil }
        var operands = [spine.first]
        for (_, operand) in spine.rest {
            if operands.count == 1, case .literal(.bool(let left)) = operands[0].kind,
                case .literal(.bool(let right)) = operand.kind
            {
                // Two Boolean literals become one, as in the text.
                guard let folded = make(.literal(.bool(kind == .and ? left && right : left || right))) else {
                    return nil
                }
                operands = [folded]
            } else {
                operands.append(operand)
            }
        }
        if operands.count == 1 { return operands[0] }
        return make(kind == .and ? .and(operands) : .or(operands))
    }

    private mutating func arithmetic(_ kind: ExpressionKind, _ json: JSONNode) -> Expression? {
        let isProduct = kind == .arithmetic(.multiply)
        let spine = spine(
            json,
            while: { next in
                guard case .arithmetic(let operation) = next else { return false }
                return (operation == .multiply) == isProduct
            }, from: kind)
        guard let spine else { return nil }
        let steps = spine.rest.compactMap { kind, operand -> Expression.ArithmeticStep? in
            guard case .arithmetic(let operation) = kind else { return nil }
            return Expression.ArithmeticStep(operation: operation, operand: operand)
        }
        return make(.arithmetic(spine.first, steps))
    }
}
