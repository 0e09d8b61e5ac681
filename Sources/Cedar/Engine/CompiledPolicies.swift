// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// Policies of a set, compiled and indexed.
final class CompiledPolicies: Sendable {
    struct Member: Sendable {
        let scope: CompiledScope
        let effect: Effect
        /// The first instruction of the conditions.
        let start: Int32
    }

    /// In the set's order.
    let policies: [Member]
    let index: ScopeIndex
    /// The actions of `action in [...]`.
    let lists: [[Int32]]
    let program: CompiledProgram
    /// The registers that evaluation needs, variables included.
    let registers: Int
    private let ids: [PolicyID]

    /// Compiles the policies that take part in authorization; links share the conditions of their template.
    init(_ set: PolicySet, universe: Universe) {
        var compiler = ConditionCompiler(universe: universe)
        var members: [Member] = []
        var lists: [[Int32]] = []
        var registers = ConditionCompiler.firstFree
        var templates: [PolicyID: CompiledCondition] = [:]
        func add(_ policy: Policy, _ condition: CompiledCondition) {
            registers = max(registers, condition.registers)
            members.append(
                Member(
                    scope: CompiledScope(policy.scope, universe: universe, lists: &lists), effect: policy.effect,
                    start: condition.start))
        }
        for policy in set.policies { add(policy, compiler.compileApart(policy.body.conditions)) }
        for link in set.links {
            let condition = templates[link.template] ?? compiler.compileApart(link.policy.body.conditions)
            templates[link.template] = condition
            add(link.policy, condition)
        }
        ids = set.policies.map(\.id) + set.links.map(\.policy.id)
        policies = members
        self.lists = lists
        self.registers = registers
        index = ScopeIndex(members.map(\.scope), lists: lists)
        program = CompiledProgram(instructions: compiler.instructions, tables: compiler.tables)
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
                    policy: ids[Int(last)], effect: policies[Int(last)].effect, error: failure.error))
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
