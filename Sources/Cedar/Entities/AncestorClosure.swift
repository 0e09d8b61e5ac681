// SPDX-License-Identifier: Apache-2.0

/// Computes all ancestors of entities, without recursion, and finds cycles.
struct AncestorClosure {
    private let entities: [EntityUID: Entity]
    private let base: EntityStore
    private var done: [EntityUID: Set<EntityUID>] = [:]

    private struct Step {
        let uid: EntityUID
        let parents: [EntityUID]
        var next = 0
        var found: Set<EntityUID> = []
    }

    /// - Parameters:
    ///   - entities: The entities whose closures are wanted.
    ///   - base: Closures of other entities.
    init(entities: [EntityUID: Entity], base: EntityStore) {
        self.entities = entities
        self.base = base
    }

    /// - Throws: ``EntityError/cycle(_:)``.
    mutating func ancestors(of start: EntityUID) throws(EntityError) -> Set<EntityUID> {
        if let settled = done[start] { return settled }
        var path = [Step(uid: start, parents: entities[start]?.parents ?? [])]
        var onPath: Set<EntityUID> = [start]
        while let last = path.indices.last {
            guard path[last].next < path[last].parents.count else {
                let finished = path.removeLast()
                done[finished.uid] = finished.found
                onPath.remove(finished.uid)
                if last > 0 { path[last - 1].found.formUnion(finished.found) }
                continue
            }
            let parent = path[last].parents[path[last].next]
            if onPath.contains(parent) { throw .cycle(parent) }
            path[last].next += 1
            path[last].found.insert(parent)
            if let settled = done[parent] {
                path[last].found.formUnion(settled)
            } else if let entity = entities[parent] {
                path.append(Step(uid: parent, parents: entity.parents))
                onPath.insert(parent)
            } else if let node = base.nodes[parent] {
                path[last].found.formUnion(node.ancestors)
            }
        }
        return done[start] ?? []
    }
}
