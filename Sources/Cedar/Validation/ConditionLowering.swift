// SPDX-License-Identifier: Apache-2.0

/// Turns the conditions of policies into graphs, one policy after the other.
struct ConditionLowering {
    let model: SchemaModel
    var graph = ConditionGraph()
    var names: NameTable
    var entities: EntityLiterals
    private var shapes = ShapeTable()
    private var patterns: [Pattern: Int32] = [:]
    /// Entity types and entities that were met, with their offsets, for the rules that hold wherever they stand.
    private(set) var namedTypes: [(type: EntityTypeName, offset: UInt32)] = []
    private(set) var namedEntities: [(entity: Int32, offset: UInt32)] = []
    /// Texts that were met.
    private(set) var texts: [(text: String, offset: UInt32)] = []

    init(model: SchemaModel) {
        self.model = model
        names = model.types.names
        entities = EntityLiterals(model: model)
    }

    mutating func lower(_ body: PolicyBody) {
        graph.removeAll()
        shapes.trim()
        namedTypes.removeAll(keepingCapacity: true)
        namedEntities.removeAll(keepingCapacity: true)
        texts.removeAll(keepingCapacity: true)
        for condition in body.conditions {
            let root = lower(condition.body)
            switch condition.kind {
            case .when: graph.roots.append(root)
            case .unless: graph.roots.append(not(root, at: condition.body.offset))
            }
        }
    }

    mutating func intern(_ uid: EntityUID) -> Int32 { entities.intern(uid) }

    // MARK: Nodes

    private mutating func add(_ operation: ConditionGraph.Operation, _ shape: Int32, at offset: UInt32) -> NodeID {
        graph.nodes.append(ConditionGraph.Node(operation: operation, shape: shape, offset: offset))
        return NodeID(graph.nodes.count - 1)
    }

    private mutating func literal(
        _ operation: ConditionGraph.Operation, _ shape: Int32, at offset: UInt32
    ) -> NodeID {
        graph.nodes.append(
            ConditionGraph.Node(operation: operation, shape: shape, offset: offset, isLiteral: true))
        return NodeID(graph.nodes.count - 1)
    }

    private func shape(_ node: NodeID) -> Int32 { graph.nodes[Int(node)].shape }

    private mutating func list(_ nodes: [NodeID]) -> Range<Int> {
        let start = graph.children.count
        graph.children += nodes
        return start..<graph.children.count
    }

    private mutating func fold(_ tag: ShapeTable.Tag, _ nodes: [NodeID], from start: Int32? = nil) -> Int32 {
        var result = start
        for node in nodes { result = result.map { shapes.intern(tag, $0, shape(node)) } ?? shape(node) }
        return result ?? 0
    }

    private mutating func not(_ inner: NodeID, at offset: UInt32) -> NodeID {
        add(.not(inner), shapes.intern(.not, shape(inner)), at: offset)
    }

    private mutating func and(_ operands: [NodeID], at offset: UInt32) -> NodeID {
        add(.and(list(operands)), fold(.and, operands), at: offset)
    }

    private mutating func has(_ receiver: NodeID, _ name: NameID, at offset: UInt32) -> NodeID {
        add(.has(receiver, name), shapes.intern(.has, shape(receiver), name.index), at: offset)
    }

    private mutating func attribute(_ receiver: NodeID, _ name: NameID, at offset: UInt32) -> NodeID {
        add(.attribute(receiver, name), shapes.intern(.attribute, shape(receiver), name.index), at: offset)
    }

    // MARK: Expressions

    /// Recurses as deep as expressions nest, which the parser bounds.
    private mutating func lower(_ expression: Expression) -> NodeID {
        let offset = expression.offset
        switch expression.kind {
        case .literal(let value): return lower(value, at: offset)
        case .variable(let variable): return lower(variable, at: offset)
        // A slot cannot stand in a condition; the parsers see to that.
        case .slot(let slot): return lower(slot == .principal ? .principal : .resource, at: offset)
        case .and(let operands): return and(lower(operands), at: offset)
        case .or(let operands):
            let operands = lower(operands)
            return add(.or(list(operands)), fold(.or, operands), at: offset)
        case .arithmetic(let first, let steps): return lower(first, steps, at: offset)
        case .not(let inner): return not(lower(inner), at: offset)
        case .negate(let inner):
            let inner = lower(inner)
            return add(.arithmetic(list([inner])), shapes.intern(.negate, shape(inner)), at: offset)
        case .comparison(let comparison, let left, let right): return lower(comparison, left, right, at: offset)
        case .conditional(if: let condition, then: let then, else: let otherwise):
            let (condition, then, otherwise) = (lower(condition), lower(then), lower(otherwise))
            return add(
                .conditional(condition, then, otherwise),
                shapes.intern(.conditional, shape(condition), shape(then), shape(otherwise)), at: offset)
        case .isType(let inner, let type, in: let ancestor): return lower(inner, is: type, in: ancestor, at: offset)
        case .has(let inner, let path): return lower(inner, has: path, at: offset)
        case .attribute(let inner, let name):
            let inner = lower(inner)
            return attribute(inner, intern(name, at: offset), at: offset)
        case .like(let inner, let pattern): return lower(inner, like: pattern, at: offset)
        case .method(let method, let receiver, let argument): return lower(method, receiver, argument, at: offset)
        case .call(let function, let arguments): return lower(function, arguments, at: offset)
        case .set(let elements):
            let elements = lower(elements)
            return add(.set(list(elements)), fold(.element, elements, from: shapes.intern(.set)), at: offset)
        case .record(let fields): return lower(fields, at: offset)
        }
    }

    private mutating func lower(_ expressions: [Expression]) -> [NodeID] {
        var result: [NodeID] = []
        result.reserveCapacity(expressions.count)
        for expression in expressions { result.append(lower(expression)) }
        return result
    }

    private mutating func intern(_ name: Expression.Name, at offset: UInt32) -> NameID {
        note(name.text, at: offset)
        return names.intern(name)
    }

    /// Remembers a text that is to be looked at; plain ones need no look.
    private mutating func note(_ text: String, at offset: UInt32) {
        if !text.utf8.allSatisfy({ $0 < 0x80 }) { texts.append((text, offset)) }
    }

    private mutating func lower(_ value: Expression.Literal, at offset: UInt32) -> NodeID {
        switch value {
        case .bool(let value): return literal(.bool(value), shapes.intern(.bool, value ? 1 : 0), at: offset)
        case .long(let value):
            let (high, low) = (Int32(truncatingIfNeeded: value >> 32), Int32(truncatingIfNeeded: value))
            return literal(.long, shapes.intern(.long, high, low), at: offset)
        case .string(let value):
            return literal(.string, shapes.intern(.string, intern(value, at: offset).index), at: offset)
        case .entity(let uid):
            note(uid.id, at: offset)
            let id = intern(uid)
            namedEntities.append((id, offset))
            return literal(.entity(id), shapes.intern(.entity, id), at: offset)
        }
    }

    private mutating func lower(_ variable: Expression.Variable, at offset: UInt32) -> NodeID {
        switch variable {
        case .principal:
            graph.variables.insert(.principal)
            return add(.principal, shapes.intern(.variable, 0), at: offset)
        case .action:
            graph.variables.insert(.action)
            return add(.action, shapes.intern(.variable, 1), at: offset)
        case .resource:
            graph.variables.insert(.resource)
            return add(.resource, shapes.intern(.variable, 2), at: offset)
        case .context:
            graph.variables.insert(.context)
            return add(.context, shapes.intern(.variable, 3), at: offset)
        }
    }

    private mutating func lower(
        _ first: Expression, _ steps: [Expression.ArithmeticStep], at offset: UInt32
    ) -> NodeID {
        var operands = [lower(first)]
        var shape = shape(operands[0])
        for step in steps {
            let operand = lower(step.operand)
            operands.append(operand)
            let tag: ShapeTable.Tag =
                switch step.operation {
                case .add: .add
                case .subtract: .subtract
                case .multiply: .multiply
                }
            shape = shapes.intern(tag, shape, self.shape(operand))
        }
        return add(.arithmetic(list(operands)), shape, at: offset)
    }

    private mutating func lower(
        _ comparison: Expression.Comparison, _ left: Expression, _ right: Expression, at offset: UInt32
    ) -> NodeID {
        let (left, right) = (lower(left), lower(right))
        let (first, second) = (shape(left), shape(right))
        switch comparison {
        case .equal: return add(.equal(left, right), shapes.intern(.equal, first, second), at: offset)
        case .notEqual:
            return not(add(.equal(left, right), shapes.intern(.equal, first, second), at: offset), at: offset)
        case .less: return add(.order(left, right), shapes.intern(.less, first, second), at: offset)
        case .lessOrEqual: return add(.order(left, right), shapes.intern(.lessOrEqual, first, second), at: offset)
        case .greater:
            return not(add(.order(left, right), shapes.intern(.lessOrEqual, first, second), at: offset), at: offset)
        case .greaterOrEqual:
            return not(add(.order(left, right), shapes.intern(.less, first, second), at: offset), at: offset)
        case .isIn: return add(.isIn(left, right), shapes.intern(.isIn, first, second), at: offset)
        }
    }

    private mutating func lower(
        _ inner: Expression, is type: EntityTypeName, in ancestor: Expression?, at offset: UInt32
    ) -> NodeID {
        let inner = lower(inner)
        namedTypes.append((type, offset))
        let name = names.intern(ByteKey(type.text))
        let test = add(
            .isType(inner, model.entityTypeIDs[type]), shapes.intern(.isType, shape(inner), name.index), at: offset)
        guard let ancestor else { return test }
        let right = lower(ancestor)
        let isIn = add(.isIn(inner, right), shapes.intern(.isIn, shape(inner), shape(right)), at: offset)
        return and([test, isIn], at: offset)
    }

    private mutating func lower(_ inner: Expression, has path: [Expression.Name], at offset: UInt32) -> NodeID {
        var receiver = lower(inner)
        var tests: [NodeID] = []
        for (index, name) in path.enumerated() {
            let name = intern(name, at: offset)
            tests.append(has(receiver, name, at: offset))
            if index + 1 < path.count { receiver = attribute(receiver, name, at: offset) }
        }
        return tests.count == 1 ? tests[0] : and(tests, at: offset)
    }

    private mutating func lower(_ inner: Expression, like pattern: Pattern, at offset: UInt32) -> NodeID {
        let inner = lower(inner)
        for piece in pattern.pieces { note(String(decoding: piece, as: UTF8.self), at: offset) }
        let place = patterns[pattern] ?? Int32(patterns.count)
        patterns[pattern] = place
        return add(.like(inner), shapes.intern(.like, shape(inner), place), at: offset)
    }

    private mutating func lower(
        _ method: Expression.Method, _ receiver: Expression, _ argument: Expression?, at offset: UInt32
    ) -> NodeID {
        let receiver = lower(receiver)
        // Only `isEmpty` has no argument.
        guard let argument = argument.map({ lower($0) }) else {
            return add(.isEmpty(receiver), shapes.intern(.isEmpty, shape(receiver)), at: offset)
        }
        let (first, second) = (shape(receiver), shape(argument))
        switch method {
        case .contains: return add(.contains(receiver, argument), shapes.intern(.contains, first, second), at: offset)
        case .containsAll:
            return add(.containsMany(receiver, argument), shapes.intern(.containsAll, first, second), at: offset)
        case .containsAny:
            return add(.containsMany(receiver, argument), shapes.intern(.containsAny, first, second), at: offset)
        case .hasTag: return add(.hasTag(receiver, argument), shapes.intern(.hasTag, first, second), at: offset)
        case .getTag: return add(.getTag(receiver, argument), shapes.intern(.getTag, first, second), at: offset)
        case .isEmpty: return add(.isEmpty(receiver), shapes.intern(.isEmpty, first), at: offset)
        }
    }

    private mutating func lower(
        _ function: ExtensionFunction, _ arguments: [Expression], at offset: UInt32
    ) -> NodeID {
        let nodes = lower(arguments)
        let place = ExtensionFunction.places[function] ?? 0
        let node = add(
            .call(function, list(nodes)), fold(.argument, nodes, from: shapes.intern(.call, place)), at: offset)
        if function.isFunction, arguments.count == 1, case .literal(.string(let text)) = arguments[0].kind {
            do { _ = try function.apply([.string(text.text)]) } catch { graph.refusals[node] = error.description }
        }
        return node
    }

    private mutating func lower(_ fields: [Expression.Field], at offset: UInt32) -> NodeID {
        var (values, keys): ([NodeID], [NameID]) = ([], [])
        var shape = shapes.intern(.record)
        for field in fields {
            let (key, value) = (intern(field.key, at: offset), lower(field.value))
            keys.append(key)
            values.append(value)
            shape = shapes.intern(.field, shape, key.index, self.shape(value))
        }
        let start = graph.fieldNames.count
        graph.fieldNames += keys
        return add(.record(list(values), names: start), shape, at: offset)
    }
}

extension ExtensionFunction {
    fileprivate static let places: [ExtensionFunction: Int32] = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($0.element, Int32($0.offset)) })
}
