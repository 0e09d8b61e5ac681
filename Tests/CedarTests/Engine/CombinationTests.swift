// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Combination: what a set decides is what its policies say one by one")
struct CombinationTests {
    @Test(
        "a forbid overrides every permit, nothing is allowed without a permit, errors are all reported",
        arguments: 1...4 as ClosedRange<UInt64>)
    func generated(_ seed: UInt64) throws {
        var outcomes: [String: Int] = [:]
        for part in 0..<5 as Range<UInt64> {
            var generator = PolicyGenerator(seed: seed << 32 | part)
            let set = try generator.set(generator.policies(10, conditions: 1))
            let base = try EntityStore(generator.entities(45))
            let whole = PolicyEngine(policies: set, entities: base)
            let alone = try set.effectivePolicies.map { policy in
                var one = PolicySet()
                try one.add(policy)
                return (policy, PolicyEngine(policies: one, entities: base))
            }
            for _ in 0..<20 {
                let request = generator.request()
                var satisfied: [Effect: [PolicyID]] = [:]
                var failed: [PolicyID] = []
                for (policy, engine) in alone {
                    let response = try engine.authorize(request)
                    if !response.errors.isEmpty { failed.append(policy.id) }
                    if !response.determining.isEmpty { satisfied[policy.effect, default: []].append(policy.id) }
                }
                let (forbids, permits) = (satisfied[.forbid] ?? [], satisfied[.permit] ?? [])
                let response = try whole.authorize(request)
                #expect(response.decision == (forbids.isEmpty && !permits.isEmpty ? .allow : .deny))
                #expect(Set(response.determining) == Set(forbids.isEmpty ? permits : forbids))
                #expect(Set(response.errors.map(\.policy)) == Set(failed))
                outcomes["\(forbids.isEmpty ? "" : "forbid ")\(permits.isEmpty ? "" : "permit")", default: 0] += 1
            }
        }
        // Worth something only if all of them occur, both effects at once included.
        for outcome in ["", "permit", "forbid ", "forbid permit"] { #expect(outcomes[outcome, default: 0] > 0) }
    }
}
