// SPDX-License-Identifier: Apache-2.0

/// Turns conditions into instructions.
///
/// Control only ever goes forward, so that every condition ends. A register is written by the sub-expression that it
/// was given to and by what is nested in that, never by a neighbour. An operation keeps at most one register while its
/// other operand is computed, so there are no more of them than expressions are deep.
struct ConditionCompiler {
    let universe: Universe
    var instructions: [Instruction] = []
    var tables = ProgramTables()
    /// One more than the highest register of the policy at hand.
    var registers = Self.firstFree
    /// Where each label stands; while a policy is compiled, `yes` and `no` are labels.
    private var labels: [Int32] = []

    typealias Label = Int32

    /// Registers 0 to 3 are the variables.
    static let firstFree = 4
    static let falseOperand: Int32 = ~0
    static let trueOperand: Int32 = ~1
    private static let satisfiedLabel: Label = 0
    private static let notSatisfiedLabel: Label = 1

    init(universe: Universe) {
        self.universe = universe
        tables.constants = [.bool(false), .bool(true)]
    }

    /// Compiles the conditions of a policy.
    ///
    /// Recurses as deep as the expressions are.
    mutating func compile(_ conditions: [PolicyBody.Condition]) -> CompiledCondition {
        registers = Self.firstFree
        guard !conditions.isEmpty else {
            return CompiledCondition(start: Instruction.satisfied, registers: registers)
        }
        labels = [Instruction.satisfied, Instruction.notSatisfied]
        let start = instructions.count
        for (index, condition) in conditions.enumerated() {
            let isLast = index == conditions.count - 1
            let next = isLast ? Self.satisfiedLabel : label()
            switch condition.kind {
            case .when: test(condition.body, yes: next, no: Self.notSatisfiedLabel, Self.firstFree)
            case .unless: test(condition.body, yes: Self.notSatisfiedLabel, no: next, Self.firstFree)
            }
            if !isLast { place(next) }
        }
        for index in start..<instructions.count where instructions[index].operation != .call {
            instructions[index].yes = labels[Int(instructions[index].yes)]
            instructions[index].no = labels[Int(instructions[index].no)]
        }
        return CompiledCondition(start: Int32(truncatingIfNeeded: start), registers: registers)
    }

    // MARK: Emitting

    mutating func label() -> Label {
        labels.append(Instruction.notSatisfied)
        return Label(truncatingIfNeeded: labels.count - 1)
    }

    mutating func place(_ label: Label) { labels[Int(label)] = Int32(truncatingIfNeeded: instructions.count) }

    mutating func emit(
        _ operation: Instruction.Operation, into target: Int = 0, _ left: Int32 = 0, _ right: Int32 = 0,
        yes: Label = 0, no: Label = 0
    ) {
        instructions.append(
            Instruction(
                operation: operation, target: UInt16(truncatingIfNeeded: target), left: left, right: right, yes: yes,
                no: no))
    }

    mutating func fail(_ error: EvaluationError) {
        emit(.fail, 0, Int32(truncatingIfNeeded: tables.errors.count))
        tables.errors.append(error)
    }

    mutating func constant(_ value: RuntimeValue) -> Int32 {
        if case .bool(let value) = value { return value ? Self.trueOperand : Self.falseOperand }
        tables.constants.append(value)
        return ~Int32(truncatingIfNeeded: tables.constants.count - 1)
    }

    func constant(of operand: Int32) -> RuntimeValue? { operand < 0 ? tables.constants[Int(~operand)] : nil }

    func name(_ text: String) -> Int32 { universe.names.find(text) ?? -1 }
}

/// Where the conditions of a policy begin, and how many registers they use.
struct CompiledCondition: Sendable {
    let start: Int32
    let registers: Int
}
