// SPDX-License-Identifier: Apache-2.0

/// Runs compiled conditions for one request; needs no stack beyond its registers.
///
/// A register is a pointer to a value: of the request, of an entity, of the program, or of the register's own place
/// among the temporaries. It may also lead into a record that its own temporary holds, which stays as long as nothing
/// else is computed into the same register.
///
/// Everything that it points to must live as long as it is used: policies, universe, the groups of entities, and the
/// request.
struct Machine: ~Copyable {
    let places: PolicyPlaces
    /// Both are asked on the less usual ways only.
    unowned(unsafe) let policies: CompiledPolicies
    unowned(unsafe) let universe: Universe
    let entities: EntityLookup
    let registers: UnsafeMutablePointer<UnsafePointer<RuntimeValue>>
    let temporaries: UnsafeMutablePointer<RuntimeValue>
    /// Elements of the sets and records that are being made.
    var list: [RuntimeValue] = []

    @inline(__always)
    init(
        policies: CompiledPolicies, universe: Universe, entities: EntityLookup,
        registers: UnsafeMutablePointer<UnsafePointer<RuntimeValue>>, temporaries: UnsafeMutablePointer<RuntimeValue>
    ) {
        places = policies.places
        self.policies = policies
        self.universe = universe
        self.entities = entities
        self.registers = registers
        self.temporaries = temporaries
    }

    @inline(__always)
    func value(_ operand: Int32) -> UnsafePointer<RuntimeValue> {
        operand >= 0 ? registers[Int(operand)] : places.constants + Int(~operand)
    }

    @inline(__always)
    func set(_ target: UInt16, _ value: RuntimeValue) {
        temporaries[Int(target)] = value
        registers[Int(target)] = UnsafePointer(temporaries + Int(target))
    }

    /// Runs from one instruction to the end of its policy.
    ///
    /// - Returns: Whether all conditions hold.
    mutating func run(from start: Int32) throws(EvaluationError) -> Bool {
        var next = start
        while next >= 0 {
            let step = places.instructions[Int(next)]
            switch step.operation {
            case .isTrue: next = try Self.bool(value(step.left)) ? step.yes : step.no
            case .equal: next = try isEqual(value(step.left), value(step.right)) ? step.yes : step.no
            case .less: next = try order(step) { $0 < $1 } ? step.yes : step.no
            case .lessOrEqual: next = try order(step) { $0 <= $1 } ? step.yes : step.no
            case .greater: next = try order(step) { $0 > $1 } ? step.yes : step.no
            case .greaterOrEqual: next = try order(step) { $0 >= $1 } ? step.yes : step.no
            case .isIn: next = try isIn(value(step.left), value(step.right)) ? step.yes : step.no
            case .isInKnown: next = try isIn(value(step.left), step.right) ? step.yes : step.no
            case .isType: next = try type(of: value(step.left)) == step.right ? step.yes : step.no
            case .has: next = try has(step.right, in: value(step.left)) ? step.yes : step.no
            case .hasTag: next = try hasTag(value(step.left), value(step.right)) ? step.yes : step.no
            case .like: next = try isLike(value(step.left), step.right) ? step.yes : step.no
            case .contains: next = try contains(value(step.left), value(step.right)) ? step.yes : step.no
            case .containsAll, .containsAny: next = try overlaps(step) ? step.yes : step.no
            case .isEmpty: next = try Self.set(value(step.left)).elements.isEmpty ? step.yes : step.no
            case .jump: next = step.yes
            case .fail: throw policies.tables.errors[Int(step.right)]
            case .copy, .attribute, .tag, .add, .subtract, .multiply, .negate, .push, .makeSet, .makeRecord, .call:
                try compute(step)
                next &+= 1
            }
        }
        return next == Instruction.satisfied
    }

    @inline(__always)
    private mutating func compute(_ step: Instruction) throws(EvaluationError) {
        switch step.operation {
        case .copy: registers[Int(step.target)] = value(step.left)
        case .attribute: registers[Int(step.target)] = try attribute(step.right, of: value(step.left))
        case .tag: set(step.target, try tag(value(step.right), of: value(step.left)))
        case .add: try arithmetic(.add, step)
        case .subtract: try arithmetic(.subtract, step)
        case .multiply: try arithmetic(.multiply, step)
        case .negate: set(step.target, .long(try Arithmetic.negate(try Self.long(value(step.left)))))
        case .push: list.append(value(step.left).pointee)
        case .makeSet: try makeSet(step)
        case .makeRecord: makeRecord(step)
        case .call:
            let function = policies.tables.functions[Int(step.yes)]
            set(step.target, try call(function, value(step.left), value(step.right)))
        case .isTrue, .equal, .less, .lessOrEqual, .greater, .greaterOrEqual, .isIn, .isInKnown, .isType, .has,
            .hasTag, .like, .contains, .containsAll, .containsAny, .isEmpty, .jump, .fail:
            break
        }
    }

    private func arithmetic(
        _ operation: Expression.Arithmetic, _ step: Instruction
    ) throws(EvaluationError) {
        let left = try Self.long(value(step.left))
        let right = try Self.long(value(step.right))
        set(step.target, .long(try Arithmetic.apply(operation, left, right)))
    }

    @inline(__always)
    private func order(
        _ step: Instruction, _ test: (Int64, Int64) -> Bool
    ) throws(EvaluationError) -> Bool {
        if case .long(let left) = value(step.left).pointee, case .long(let right) = value(step.right).pointee {
            return test(left, right)
        }
        let (left, right) = try Self.moments(value(step.left), value(step.right))
        return test(left, right)
    }

    @inline(never)
    private static func moments(
        _ left: UnsafePointer<RuntimeValue>, _ right: UnsafePointer<RuntimeValue>
    ) throws(EvaluationError) -> (Int64, Int64) {
        switch (left.pointee, right.pointee) {
        case (.datetime(let a), .datetime(let b)), (.duration(let a), .duration(let b)): return (a, b)
        case (.long, _): throw .typeMismatch(expected: [.long], actual: right.pointee.kind)
        case (.datetime, _): throw .typeMismatch(expected: [.datetime], actual: right.pointee.kind)
        case (.duration, _): throw .typeMismatch(expected: [.duration], actual: right.pointee.kind)
        case (.bool, _), (.string, _), (.entity, _), (.foreign, _), (.set, _), (.record, _), (.decimal, _), (.ip, _):
            throw .typeMismatch(expected: [.long, .datetime, .duration], actual: left.pointee.kind)
        }
    }

    @inline(never)
    private mutating func makeSet(_ step: Instruction) throws(EvaluationError) {
        let count = Int(step.right)
        let elements = Array(list.suffix(count))
        list.removeLast(count)
        let depth = elements.reduce(0) { max($0, $1.depth) }
        guard let set = DeepStack.run(depth: Int(depth), { SetStorage(elements) }) else { throw .nestingTooDeep }
        self.set(step.target, .set(set))
    }

    @inline(never)
    private mutating func makeRecord(_ step: Instruction) {
        let shape = policies.tables.shapes[Int(step.right)]
        let record = shape.record(list.suffix(shape.members.count), universe: universe.identifier)
        list.removeLast(shape.members.count)
        set(step.target, .record(record))
    }
}
