// SPDX-License-Identifier: Apache-2.0

@testable import Cedar

/// Entities files: no entity is its own ancestor, and a store is refused or read the same way twice.
enum EntitiesTarget {
    static func run(_ input: [UInt8]) {
        guard let store = try? EntityStore.parse(json: input) else { return }
        for entity in store.entities {
            let ancestors = store.ancestors(of: entity.uid)
            expect(!ancestors.contains(entity.uid), "\(entity.uid) is its own ancestor")
            for parent in entity.parents { expect(ancestors.contains(parent), "\(parent) is no ancestor") }
        }
        let again = try? EntityStore(store.entities)
        expect(again?.entities == store.entities, "the entities do not make the same store again")
        Comparison.run(policies, store, requests(store))
    }

    private static let policies: PolicySet = {
        let text = """
            permit (principal, action, resource) when { principal in resource || resource has a && resource.a == principal };
            forbid (principal, action, resource) when { principal has b.c && principal.b.c.contains(resource.d) };
            permit (principal, action, resource) when { principal.hasTag("t") && principal.getTag("t") == resource };
            """
        return PolicySet.parse(text, file: "f").policies ?? PolicySet()
    }()

    /// Requests between the first few entities.
    private static func requests(_ store: EntityStore) -> [Request] {
        let few = store.entities.prefix(4).map(\.uid)
        guard let action = few.first(where: \.type.isAction) ?? EntityUID("Action", "view") else { return [] }
        return few.flatMap { principal in
            few.map { Request(principal: principal, action: action, resource: $0) }
        }
    }
}
