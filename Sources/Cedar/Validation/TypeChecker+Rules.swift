// SPDX-License-Identifier: Apache-2.0

extension TypeChecker {
    /// Applies the rule of a node; parts that can never be reached are not checked.
    mutating func check(_ node: NodeID) -> Typing {
        switch graph[node].operation {
        case .bool(let value): return Typing(value ? .yes : .no)
        case .long: return Typing(.long)
        case .string: return Typing(.string)
        // An unknown entity is reported wherever it stands, reached or not.
        case .entity(let id): return Typing(entities[id].type.map { references[Int($0.index)] })
        case .principal: return Typing(environment.map { references[Int($0.principal.index)] })
        case .resource: return Typing(environment.map { references[Int($0.resource.index)] })
        case .action: return Typing(environment.map { references[Int(model.actions[$0.action].type.index)] })
        case .context: return Typing(environment.map { model.actions[$0.action].context })
        case .not(let inner): return negation(inner)
        case .and(let operands): return conjunction(Array(graph.children[operands]))
        case .or(let operands): return disjunction(Array(graph.children[operands]))
        case .conditional(let condition, let then, let otherwise):
            return conditional(node, condition, then, otherwise)
        case .equal(let left, let right): return equality(node, left, right)
        case .order(let left, let right): return order(left, right)
        case .isIn(let left, let right): return membership(left, right)
        case .isType(let inner, let type):
            guard let actual = entity(inner) else { return Typing(.bool) }
            return Typing(actual == type ? .yes : .no)
        case .arithmetic(let operands):
            for index in operands { expect(graph.children[index], .long) }
            return Typing(.long)
        case .has(let receiver, let name): return has(receiver, name)
        case .attribute(let receiver, let name): return attribute(node, receiver, name)
        case .hasTag(let receiver, let tag): return hasTag(receiver, tag)
        case .getTag(let receiver, let tag): return getTag(node, receiver, tag)
        case .like(let inner):
            expect(inner, .string)
            return Typing(.bool)
        case .contains(let receiver, let element):
            let (outer, inner) = (set(receiver), check(element).type)
            _ = requireBound(outer, inner, at: node)
            return Typing(.bool)
        case .containsMany(let receiver, let other):
            let (outer, inner) = (set(receiver), set(other))
            _ = requireBound(outer, inner, at: node)
            return Typing(.bool)
        case .isEmpty(let receiver):
            _ = set(receiver)
            return Typing(.bool)
        case .call(let function, let arguments): return call(node, function, arguments)
        case .set(let elements): return setLiteral(node, elements)
        case .record(let values, let names): return recordLiteral(values, names)
        }
    }

    // MARK: Logic

    private mutating func negation(_ inner: NodeID) -> Typing {
        switch boolean(inner).type {
        case TypeID.yes: Typing(.no)
        case TypeID.no: Typing(.yes)
        default: Typing(.bool)
        }
    }

    /// Each operand is checked with what the ones before it grant; nothing is checked after one that is never true.
    mutating func conjunction(_ operands: [NodeID]) -> Typing {
        var type = TypeID.yes
        var granted: [Capability] = []
        for operand in operands {
            let typing = boolean(operand)
            if typing.type == .no {
                type = .no
                break
            }
            if typing.type == .bool { type = .bool }
            activate(typing.capabilities)
            granted += typing.capabilities
        }
        deactivate(granted)
        return Typing(type, type == .no ? [] : granted)
    }

    /// Nothing is checked after an operand that is always true.
    private mutating func disjunction(_ operands: [NodeID]) -> Typing {
        var result = Typing(.no)
        for operand in operands {
            let typing = boolean(operand)
            if typing.type == .yes { return typing }
            if typing.type == .no { continue }
            if result.type == .no {
                result = typing
            } else {
                result = Typing(.bool, Self.intersection(result.capabilities, typing.capabilities))
            }
        }
        return result
    }

    private mutating func conditional(
        _ node: NodeID, _ condition: NodeID, _ then: NodeID, _ otherwise: NodeID
    ) -> Typing {
        let test = boolean(condition)
        if test.type == .no { return check(otherwise) }
        activate(test.capabilities)
        var first = check(then)
        deactivate(test.capabilities)
        first.capabilities += test.capabilities
        if test.type == .yes { return first }
        let second = check(otherwise)
        let type = requireBound(first.type, second.type, at: node)
        return Typing(type, Self.intersection(first.capabilities, second.capabilities))
    }

    // MARK: Comparisons

    private mutating func equality(_ node: NodeID, _ left: NodeID, _ right: NodeID) -> Typing {
        let (first, second) = (check(left).type, check(right).type)
        guard let first, let second else { return Typing(.bool) }
        if case .entity(let a) = types[first], case .entity(let b) = types[second], a != b { return Typing(.no) }
        if let a = literal(left), let b = literal(right) { return Typing(a == b ? .yes : .no) }
        _ = requireBound(first, second, at: node)
        return Typing(.bool)
    }

    private enum LiteralValue: Equatable {
        case entity(Int32)
        case other(Int32)
    }

    /// What a literal stands for; the action counts as one.
    private func literal(_ node: NodeID) -> LiteralValue? {
        if let entity = entityLiteral(node) { return .entity(entity) }
        return graph[node].isLiteral ? .other(graph[node].shape) : nil
    }

    private func entityLiteral(_ node: NodeID) -> Int32? {
        switch graph[node].operation {
        case .entity(let id): id
        case .action: environment.map { Int32($0.action) }
        default: nil
        }
    }

    private mutating func order(_ left: NodeID, _ right: NodeID) -> Typing {
        let first = ordered(left)
        let second = ordered(right)
        if let first, let second, first != second {
            report(
                .unexpectedType, at: right, { "this is a `\($0.describe(second))`" },
                expected: { "a `\($0.describe(first))` as on the left" })
        }
        return Typing(.bool)
    }

    private mutating func ordered(_ node: NodeID) -> TypeID? {
        guard let type = check(node).type else { return nil }
        if type == .long || type == .datetime || type == .duration { return type }
        if type == .never { return nil }
        report(
            .unexpectedType, at: node, { "this is a `\($0.describe(type))`" },
            expected: { _ in "a `Long`, `datetime` or `duration`" })
        return nil
    }

    private mutating func membership(_ left: NodeID, _ right: NodeID) -> Typing {
        let type = entity(left)
        guard let other = container(right), let type else { return Typing(.bool) }
        if let literal = entityLiteral(left), let action = entities[literal].action, let groups = entityLiterals(right)
        {
            let uid = model.actions[action].uid
            let isIn = groups.contains { group in
                guard let place = entities[group].action else { return false }
                return place == action || model.actionStore.ancestors(of: uid).contains(model.actions[place].uid)
            }
            return Typing(isIn ? .yes : .no)
        }
        return Typing(model.canBe(type, in: other) ? .bool : .no)
    }

    /// Checks the right side of `in`, and gives the type of the entities there.
    private mutating func container(_ node: NodeID) -> EntityTypeID? {
        guard let type = check(node).type else { return nil }
        switch types[type] {
        case .entity(let id): return id
        case .set(let element):
            if case .entity(let id) = types[element] { return id }
            if element == .never { return nil }
        case .never: return nil
        case .yes, .no, .bool, .long, .string, .decimal, .ip, .datetime, .duration, .record: break
        }
        report(
            .unexpectedType, at: node, { "this is a `\($0.describe(type))`" },
            expected: { _ in "an entity or a set of entities" })
        return nil
    }

    /// The entities that a literal, or a set of nothing but literals, names.
    private func entityLiterals(_ node: NodeID) -> [Int32]? {
        if let single = entityLiteral(node) { return [single] }
        guard case .set(let elements) = graph[node].operation else { return nil }
        var result: [Int32] = []
        for index in elements {
            guard let literal = entityLiteral(graph.children[index]) else { return nil }
            result.append(literal)
        }
        return result
    }
}
