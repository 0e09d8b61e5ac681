// SPDX-License-Identifier: Apache-2.0

extension ConditionCompiler {
    /// Compiles an expression for its value.
    ///
    /// `free` is the first register that the expression may write; the result is there, unless it is a constant or a
    /// variable.
    mutating func operand(_ expression: Expression, _ free: Int) -> Int32 {
        switch expression.kind {
        case .literal(let literal):
            return constant(universe.loader.value(ReferenceEvaluator.value(of: literal)))
        case .variable(let variable): return Self.register(of: variable)
        case .slot(let slot): fail(.openSlot(slot))
        case .arithmetic(let first, let steps): arithmetic(first, steps, free)
        case .negate(let inner):
            let inner = operand(inner, free)
            emit(.negate, into: claim(free), inner)
        case .conditional: choose(expression, free)
        case .attribute(let inner, let name):
            let inner = operand(inner, free)
            emit(.attribute, into: claim(free), inner, self.name(name.text))
        case .method(.getTag, let receiver, let argument?):
            let (left, right) = operands(receiver, argument, free)
            emit(.tag, into: claim(free), left, right)
        case .call(let function, let arguments): return call(function, arguments, free)
        case .set(let elements):
            return list(elements, free) { compiler, values in
                if let values { return compiler.constant(.set(SetStorage(values))) }
                compiler.emit(.makeSet, into: compiler.claim(free), 0, Int32(truncatingIfNeeded: elements.count))
                return nil
            }
        case .record(let fields): return record(fields, free)
        case .and, .or, .not, .comparison, .isType, .has, .like, .method: truth(expression, free)
        }
        return Int32(truncatingIfNeeded: claim(free))
    }

    private static func register(of variable: Expression.Variable) -> Int32 {
        switch variable {
        case .principal: 0
        case .action: 1
        case .resource: 2
        case .context: 3
        }
    }

    /// Counts a register as used.
    mutating func claim(_ register: Int) -> Int {
        registers = max(registers, register + 1)
        return register
    }

    /// The first register that is free beside an operand.
    func following(_ operand: Int32, _ free: Int) -> Int { Int(operand) == free ? free + 1 : free }

    mutating func operands(_ left: Expression, _ right: Expression, _ free: Int) -> (Int32, Int32) {
        let left = operand(left, free)
        return (left, operand(right, following(left, free)))
    }

    /// Puts the value into exactly this register.
    private mutating func move(_ expression: Expression, _ target: Int) {
        let value = operand(expression, target)
        if Int(value) != target { emit(.copy, into: claim(target), value) }
    }

    private mutating func truth(_ expression: Expression, _ target: Int) {
        let (yes, no, end) = (label(), label(), label())
        test(expression, yes: yes, no: no, target)
        place(yes)
        emit(.copy, into: claim(target), Self.trueOperand)
        emit(.jump, yes: end)
        place(no)
        emit(.copy, into: target, Self.falseOperand)
        place(end)
    }

    private mutating func arithmetic(_ first: Expression, _ steps: [Expression.ArithmeticStep], _ target: Int) {
        var result = operand(first, target)
        for step in steps {
            let right = operand(step.operand, following(result, target))
            let operation: Instruction.Operation =
                switch step.operation {
                case .add: .add
                case .subtract: .subtract
                case .multiply: .multiply
                }
            emit(operation, into: claim(target), result, right)
            result = Int32(truncatingIfNeeded: target)
        }
        if steps.isEmpty, Int(result) != target { emit(.copy, into: claim(target), result) }
    }

    private mutating func choose(_ expression: Expression, _ target: Int) {
        let end = label()
        var rest = expression
        while case .conditional(let condition, let then, let otherwise) = rest.kind {
            let (first, second) = (label(), label())
            test(condition, yes: first, no: second, target)
            place(first)
            move(then, target)
            emit(.jump, yes: end)
            place(second)
            rest = otherwise
        }
        move(rest, target)
        place(end)
    }

    /// Compiles elements one after the other.
    ///
    /// `make` is given the values if all of them are constants, else `nil`; the result is what it returns, or `free`.
    private mutating func list(
        _ elements: [Expression], _ free: Int, make: (inout Self, [RuntimeValue]?) -> Int32?
    ) -> Int32 {
        let start = instructions.count
        var values: [RuntimeValue] = []
        for element in elements {
            let operand = operand(element, free)
            if let constant = constant(of: operand) { values.append(constant) }
            emit(.push, operand)
        }
        let isConstant = values.count == elements.count
        if isConstant { instructions.removeSubrange(start...) }
        return make(&self, isConstant ? values : nil) ?? Int32(truncatingIfNeeded: claim(free))
    }

    private mutating func record(_ fields: [Expression.Field], _ free: Int) -> Int32 {
        let shape = RecordShape(names: fields.map { name($0.key.text) })
        return list(fields.map(\.value), free) { compiler, values in
            if let values {
                return compiler.constant(.record(shape.record(values[...], universe: compiler.universe.identifier)))
            }
            compiler.emit(
                .makeRecord, into: compiler.claim(free), 0, Int32(truncatingIfNeeded: compiler.tables.shapes.count))
            compiler.tables.shapes.append(shape)
            return nil
        }
    }

    /// A call with constants alone is made here; its error stays one of evaluation.
    private mutating func call(_ function: ExtensionFunction, _ arguments: [Expression], _ free: Int) -> Int32 {
        let fits = arguments.count == function.parameters.count
        var operands: [Int32] = []
        for argument in arguments {
            // The values of arguments that are too many are never looked at.
            let place = fits ? following(operands.last ?? 0, free) : free
            operands.append(operand(argument, place))
        }
        let constants = operands.compactMap { constant(of: $0) }
        let target = claim(free)
        if constants.count == operands.count {
            do throws(EvaluationError) {
                return constant(universe.loader.value(try function.apply(constants.map { universe.value($0) })))
            } catch {
                fail(error)
            }
        } else if !fits {
            fail(
                .wrongArgumentCount(
                    function: function.rawValue, expected: function.parameters.count, actual: operands.count))
        } else {
            instructions.append(
                Instruction(
                    operation: .call, target: UInt16(truncatingIfNeeded: target), left: operands[0],
                    right: operands[operands.count - 1],
                    yes: Int32(truncatingIfNeeded: tables.functions.count)))
            tables.functions.append(function)
        }
        return Int32(truncatingIfNeeded: target)
    }
}

extension RecordShape {
    /// A record of values in the order of the fields.
    func record(_ values: ArraySlice<RuntimeValue>, universe: UInt64) -> RecordStorage {
        let start = values.startIndex
        return RecordStorage(
            members: members.map { RecordStorage.Member(name: $0.name, value: values[start + $0.field]) }, foreign: [],
            universe: universe)
    }
}
