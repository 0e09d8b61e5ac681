// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Scope index: leaves out nothing that could apply and little else")
struct ScopeIndexTests {
    private func uid(_ type: String, _ id: Int) -> EntityUID {
        EntityUID(type: EntityTypeName(normalized: type), id: String(id))
    }

    private func set(_ policies: [String]) throws -> PolicySet {
        try PolicySet.parse(policies.joined(separator: "\n"), file: "i.cedar", naming: .sequential).get()
    }

    private func request(_ user: Int, _ action: Int, _ document: Int) -> Request {
        Request(principal: uid("User", user), action: uid("Action", action), resource: uid("Doc", document))
    }

    /// Users, documents and actions below several groups of two levels each.
    private func base(groups: Int = 3) throws -> EntityStore {
        var entities: [Entity] = []
        for number in 0..<40 {
            let above = (0..<groups).map { (number * 7 + $0 * 3) % 40 }
            entities.append(Entity(uid: uid("User", number), parents: above.map { uid("Team", $0) }))
            entities.append(Entity(uid: uid("Doc", number), parents: above.map { uid("Folder", $0) }))
            entities.append(Entity(uid: uid("Team", number), parents: [uid("Unit", number % 5)]))
            entities.append(Entity(uid: uid("Folder", number), parents: [uid("Unit", number % 5)]))
            if number < 8 {
                entities.append(Entity(uid: uid("Action", number), parents: [uid("Action", 10 + number % 3)]))
            }
        }
        return try EntityStore(entities)
    }

    private func expectSame(_ set: PolicySet, _ base: EntityStore, requests: Int, seed: UInt64) throws {
        let engine = PolicyEngine(policies: set, entities: base)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<requests {
            let request = request(random.below(45), random.below(15), random.below(45))
            #expect(try engine.authorize(request) == engine.authorizeByReference(request), "seed \(seed)")
        }
    }

    @Test("thousands of policies of all kinds of scopes", arguments: 1...4 as ClosedRange<UInt64>)
    func thousands(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func constraint(_ type: String, _ group: String) -> String {
            switch random.below(6) {
            case 0: " == \(type)::\"\(random.below(42))\""
            case 1, 2: " in \(random.word(group, "Unit"))::\"\(random.below(42))\""
            case 3: " is \(type) in \(group)::\"\(random.below(42))\""
            case 4: " is \(random.word(type, group))"
            default: ""
            }
        }
        func action() -> String {
            let names = (0..<random.below(20)).map { _ in "Action::\"\(random.below(14))\"" }
            return switch random.below(5) {
            case 0: " == Action::\"\(random.below(14))\""
            case 1: " in Action::\"\(random.below(14))\""
            case 2, 3: " in [\(names.joined(separator: ", "))]"
            default: ""
            }
        }
        let policies = (0..<2000).map { _ in
            let effect = random.chance(80) ? "permit" : "forbid"
            let condition = random.chance(10) ? " when { principal.missing }" : ""
            return "\(effect) (principal\(constraint("User", "Team")), action\(action()), "
                + "resource\(constraint("Doc", "Folder")))\(condition);"
        }
        try expectSame(try set(policies), try base(), requests: 30, seed: seed)
    }

    @Test("the order of policies changes the order of what is reported and nothing else")
    func order() throws {
        var generator = PolicyGenerator(seed: 99)
        let policies = (0..<60).map { _ in generator.policy(conditions: 1) }.filter { !$0.contains("?") }
        let shuffled = policies.indices.shuffled(using: &generator.random)
        let (straight, mixed) = (try set(policies), try set(shuffled.map { policies[$0] }))
        let base = try EntityStore(generator.entities(50))
        let engines = (PolicyEngine(policies: straight, entities: base), PolicyEngine(policies: mixed, entities: base))
        for _ in 0..<200 {
            let request = generator.request()
            let (first, second) = (try engines.0.authorize(request), try engines.1.authorize(request))
            func original(_ id: PolicyID) -> PolicyID {
                PolicyID("policy\(Int(id.text.dropFirst(6)).map { shuffled[$0] } ?? -1)")
            }
            #expect(first.decision == second.decision)
            #expect(Set(first.determining) == Set(second.determining.map(original)))
            #expect(Set(first.errors.map(\.policy)) == Set(second.errors.map { original($0.policy) }))
            let places = second.determining.compactMap { Int($0.text.dropFirst(6)) }
            #expect(places == places.sorted())
        }
    }

    @Test("a policy that is found under several actions counts once")
    func once() throws {
        let policies = [
            #"permit (principal, action in [Action::"0", Action::"10", Action::"1"], resource);"#,
            #"permit (principal, action in [Action::"0", Action::"10"], resource) when { principal.missing };"#,
        ]
        let fillers = (20..<60).map { "permit (principal, action == Action::\"\($0)\", resource);" }
        let engine = PolicyEngine(policies: try set(policies + fillers), entities: try base())
        let response = try engine.authorize(request(0, 0, 0))
        #expect(response.determining == ["policy0"])
        #expect(response.errors.map(\.policy) == ["policy1"])
    }

    enum Shape: String, CaseIterable, Sendable {
        case principals, resources, actions, groupsAndResources, grid, types

        func policy(_ number: Int) -> String {
            switch self {
            case .principals: "permit (principal == User::\"\(number)\", action, resource);"
            case .resources: "permit (principal in Unit::\"0\", action, resource == Doc::\"\(number)\");"
            case .actions: "permit (principal, action == Action::\"\(number)\", resource is Doc);"
            case .groupsAndResources: "permit (principal in Team::\"1\", action, resource in Folder::\"\(number)\");"
            case .grid:
                "permit (principal in Team::\"\(number % 70)\", action, resource in Folder::\"\(number / 70)\");"
            case .types: "permit (principal is T\(number), action == Action::\"1\", resource is Doc);"
            }
        }
    }

    @Test("of 5,000 policies only those are looked at whose scope holds", arguments: Shape.allCases)
    func few(_ shape: Shape) throws {
        let engine = PolicyEngine(policies: try set((0..<5000).map(shape.policy)), entities: try base())
        var random = SeededGenerator(seed: 5)
        for _ in 0..<20 {
            let request = engine.prepare(request(random.below(45), random.below(15), random.below(45)))
            #expect(try engine.evaluatedPolicies(request) <= 40)
            #expect(try engine.candidatePolicies(request) <= 100)
        }
    }

    @Test("hundreds of ancestors on both sides stay exact")
    func manyAncestors() throws {
        let policies = (0..<1500).map { number in
            "permit (principal in Team::\"\(number % 40)\", action, resource in Folder::\"\((number / 40) % 40)\");"
        }
        try expectSame(try set(policies), try base(groups: 40), requests: 10, seed: 3)
    }

    @Test("policies of one scope, and policies without any, are all looked at")
    func sameScope() throws {
        let policies = (0..<300).map { number in
            number % 2 == 0
                ? "permit (principal, action, resource) when { principal == User::\"\(number)\" };"
                : "forbid (principal in Team::\"1\", action, resource) when { resource == Doc::\"\(number)\" };"
        }
        try expectSame(try set(policies), try base(), requests: 40, seed: 4)
    }
}
