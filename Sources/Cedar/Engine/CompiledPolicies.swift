// SPDX-License-Identifier: Apache-2.0

/// Policies of a set, compiled and indexed.
final class CompiledPolicies: Sendable {
    struct Member: Sendable {
        let scope: CompiledScope
        let effect: Effect
        /// The first instruction of the conditions.
        let start: Int32
    }

    /// In the set's order.
    private let members: FixedBuffer<Member>
    private let index: FixedIndex
    /// The actions of `action in [...]`, one list after the other.
    private let actions: FixedBuffer<Int32>
    private let instructions: FixedBuffer<Instruction>
    private let constants: FixedBuffer<RuntimeValue>
    /// What is looked up on the less usual ways.
    let tables: ProgramTables
    /// The registers that evaluation needs, variables included.
    let registers: Int
    private let ids: [PolicyID]

    /// Compiles the policies that take part in authorization; links share the conditions of their template.
    init(_ set: PolicySet, universe: Universe) {
        var compiler = ConditionCompiler(universe: universe)
        var members: [Member] = []
        var actions: [Int32] = []
        var registers = ConditionCompiler.firstFree
        var templates: [PolicyID: CompiledCondition] = [:]
        func add(_ policy: Policy, _ condition: CompiledCondition) {
            registers = max(registers, condition.registers)
            members.append(
                Member(
                    scope: CompiledScope(policy.scope, universe: universe, actions: &actions), effect: policy.effect,
                    start: condition.start))
        }
        for policy in set.policies { add(policy, compiler.compileApart(policy.body.conditions)) }
        for link in set.links {
            let condition = templates[link.template] ?? compiler.compileApart(link.policy.body.conditions)
            templates[link.template] = condition
            add(link.policy, condition)
        }
        ids = set.policies.map(\.id) + set.links.map(\.policy.id)
        self.members = FixedBuffer(members)
        self.actions = FixedBuffer(actions)
        self.registers = registers
        index = FixedIndex(ScopeIndex(members.map(\.scope), actions: actions))
        instructions = FixedBuffer(compiler.instructions)
        constants = FixedBuffer(compiler.tables.constants)
        tables = compiler.tables
    }

    /// Pointers to everything that most requests need; good as long as this object lives.
    var places: PolicyPlaces {
        PolicyPlaces(
            members: members.start, actions: actions.start, index: index.places, instructions: instructions.start,
            constants: constants.start)
    }

    func identifiers(of numbers: PolicyNumbers) -> [PolicyID] {
        guard !numbers.others.isEmpty else { return [ids[Int(numbers.first)]] }
        return Self.sortedOnce([numbers.first] + numbers.others).map { ids[Int($0)] }
    }

    func failures(_ failures: [(policy: Int32, error: EvaluationError)]) -> [PolicyFailure] {
        var result: [PolicyFailure] = []
        var last: Int32 = -1
        for failure in failures.sorted(by: { $0.policy < $1.policy }) where failure.policy != last {
            last = failure.policy
            result.append(
                PolicyFailure(
                    policy: ids[Int(last)], effect: members.start[Int(last)].effect, error: failure.error))
        }
        return result
    }

    /// A policy with a list of actions may have been found more than once.
    private static func sortedOnce(_ numbers: [Int32]) -> [Int32] {
        var result: [Int32] = []
        for number in numbers.sorted() where result.last != number { result.append(number) }
        return result
    }
}

/// Where the parts of ``CompiledPolicies`` lie.
struct PolicyPlaces {
    let members: UnsafePointer<CompiledPolicies.Member>
    let actions: UnsafePointer<Int32>
    let index: IndexPlaces
    let instructions: UnsafePointer<Instruction>
    let constants: UnsafePointer<RuntimeValue>
}

extension ConditionCompiler {
    /// Compiles on a stack that is large enough.
    fileprivate mutating func compileApart(_ conditions: [PolicyBody.Condition]) -> CompiledCondition {
        let depth = conditions.reduce(0) { max($0, Int($1.body.depth)) }
        if let compiled = DeepStack.run(depth: depth, { compile(conditions) }) { return compiled }
        let start = Int32(truncatingIfNeeded: instructions.count)
        fail(.nestingTooDeep)
        return CompiledCondition(start: start, registers: Self.firstFree)
    }
}
