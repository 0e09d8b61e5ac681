// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Compiled engine: decides as the reference does, determining policies and errors included")
struct EngineAgainstReferenceTests {
    /// Requests against two groups of entities above a base; each group is closed for itself.
    private struct Scene {
        var generator: PolicyGenerator
        let set: PolicySet
        let base: EntityStore
        let engine: PolicyEngine

        init(seed: UInt64, policies: Int, conditions: Int) throws {
            generator = PolicyGenerator(seed: seed)
            let text = generator.policies(policies, conditions: conditions)
            set = try generator.set(text)
            base = try EntityStore(generator.entities(45))
            engine = PolicyEngine(policies: set, entities: base, keys: ["n", "s", "other"])
        }

        /// Responses that differ, described; all responses are added to `seen`.
        mutating func differences(_ requests: Int, seen: inout [Response]) throws -> [String] {
            var result: [String] = []
            let groups = [generator.entities(20), generator.entities(generator.random.chance(50) ? 15 : 0)]
            var overlay: [EntityUID: EntityStore.Node] = [:]
            for group in groups.reversed() {
                for node in try EntityStore.closing(group, above: base) { overlay[node.entity.uid] = node }
            }
            let reference = ReferenceAuthorizer(policies: set, entities: base, overlay: overlay)
            let prepared = try groups.map { try engine.prepare($0) }
            for _ in 0..<requests {
                let request = generator.request()
                let expected = reference.authorize(request)
                let actual = try engine.authorize(engine.prepare(request), entities: prepared)
                seen.append(expected)
                if actual != expected { result.append("\(request)\nexpected \(expected)\nactual \(actual)") }
            }
            return result
        }
    }

    @Test("on generated policies, entities and requests", arguments: 1...20 as ClosedRange<UInt64>)
    func generated(_ seed: UInt64) throws {
        var seen: [Response] = []
        for part in 0..<100 as Range<UInt64> {
            var scene = try Scene(seed: seed << 32 | part, policies: 8, conditions: 2)
            let differences = try scene.differences(10, seen: &seen)
            #expect(differences.isEmpty, "seed \(seed), part \(part)")
        }
        // The comparison is worth something only if all kinds of outcomes occur.
        #expect(seen.count { $0.decision == .allow } > 50)
        #expect(seen.count { $0.decision == .deny && !$0.determining.isEmpty } > 20)
        #expect(seen.count { !$0.errors.isEmpty } > 100)
        #expect(seen.count { $0.determining.count > 1 } > 10)
    }
}
