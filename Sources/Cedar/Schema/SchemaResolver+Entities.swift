// SPDX-License-Identifier: Apache-2.0

extension SchemaResolver {
    /// Resolves entity types and adds the types of actions.
    mutating func resolveEntityTypes() -> [EntityTypeModel] {
        var contents: [EntityTypeModel.Content] = []
        var parents: [[Int]] = []
        for type in names.entityTypes {
            switch type.declaration.content {
            case .enumerated(let ids):
                if ids.isEmpty {
                    report(
                        "the enumerated entity type `\(type.name)` has no entity", at: type.declaration.origin,
                        expected: "at least one id")
                }
                contents.append(.enumerated(ids))
                parents.append([])
            case .standard(let memberOf, let shape, let tags):
                let origin = type.declaration.origin
                let attributes = shape.map { resolve($0, in: type.namespace, at: origin) } ?? .emptyRecord
                if attributes != .never, types.fields(of: attributes) == nil {
                    report("the shape of `\(type.name)` is no record", at: origin, expected: "a record type")
                }
                let tags = tags.map { resolve($0, in: type.namespace, at: origin) }
                contents.append(.standard(attributes: attributes, tags: tags))
                parents.append(memberOf.compactMap { entityType($0, in: type.namespace).map { Int($0.index) } })
            }
        }
        for _ in names.actionTypes {
            contents.append(.action)
            parents.append([])
        }
        addParentsOfActionTypes(to: &parents)
        let closure = Self.closure(of: parents)
        let allNames = names.entityTypes.map(\.name) + names.actionTypes
        return zip(allNames, zip(contents, closure)).map { name, rest in
            EntityTypeModel(name: name, content: rest.0, ancestors: rest.1)
        }
    }

    /// An action type lies below another if one of its actions is in a group of the other.
    private mutating func addParentsOfActionTypes(to parents: inout [[Int]]) {
        for action in names.actions {
            guard let type = names.entityTypeIDs[action.uid.type] else { continue }
            for group in action.declaration.memberOf {
                guard let uid = parent(group, of: action), uid.type != action.uid.type,
                    let other = names.entityTypeIDs[uid.type]
                else { continue }
                parents[Int(type.index)].append(Int(other.index))
            }
        }
    }

    /// The types above each one; circles are fine.
    private static func closure(of parents: [[Int]]) -> [BitSet] {
        var ancestors = parents.map { list in
            list.reduce(into: BitSet()) { $0.insert($1) }
        }
        let order = postorder(of: parents)
        var changed = true
        while changed {
            changed = false
            for type in order {
                for parent in parents[type] where ancestors[type].formUnion(ancestors[parent]) { changed = true }
            }
        }
        return ancestors
    }

    /// Every number after those it points to, circles apart.
    private static func postorder(of edges: [[Int]]) -> [Int] {
        var order: [Int] = []
        var seen = Array(repeating: false, count: edges.count)
        for start in edges.indices where !seen[start] {
            seen[start] = true
            var path = [(node: start, next: 0)]
            while let (node, next) = path.last {
                guard next < edges[node].count else {
                    order.append(node)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let target = edges[node][next]
                if !seen[target] {
                    seen[target] = true
                    path.append((target, 0))
                }
            }
        }
        return order
    }

    /// Resolves the name of a declared entity type; action types do not count.
    private mutating func entityType(_ reference: Definition.Reference, in namespace: String) -> EntityTypeID? {
        for name in SchemaNames.candidates(reference.path, in: namespace) {
            if let id = names.entityTypeIDs[name], Int(id.index) < names.entityTypes.count { return id }
        }
        report(
            "there is no entity type `\(reference.path)`", at: reference.origin,
            expected: "the name of a declared entity type")
        return nil
    }

    // MARK: Actions

    mutating func resolveActions() -> [ActionModel] {
        var result: [ActionModel] = []
        for action in names.actions {
            guard let type = names.entityTypeIDs[action.uid.type] else { continue }
            let (origin, appliesTo) = (action.declaration.origin, action.declaration.appliesTo)
            let context = appliesTo?.context.map { resolve($0, in: action.namespace, at: origin) } ?? .emptyRecord
            if context != .never, types.fields(of: context) == nil {
                report("the context of `\(action.uid)` is no record", at: origin, expected: "a record type")
            }
            result.append(
                ActionModel(
                    uid: action.uid, type: type,
                    principals: entityTypes(appliesTo?.principals ?? [], in: action.namespace),
                    resources: entityTypes(appliesTo?.resources ?? [], in: action.namespace), context: context))
        }
        return result
    }

    private mutating func entityTypes(_ references: [Definition.Reference], in namespace: String) -> [EntityTypeID] {
        var result: [EntityTypeID] = []
        var seen: Set<EntityTypeID> = []
        for reference in references {
            if let id = entityType(reference, in: namespace), seen.insert(id).inserted { result.append(id) }
        }
        return result
    }

    /// The actions as entities; `nil` if a group is undeclared or the hierarchy is circular.
    mutating func actionStore() -> EntityStore? {
        var entities: [Entity] = []
        for action in names.actions {
            var parents: [EntityUID] = []
            for group in action.declaration.memberOf {
                if let uid = parent(group, of: action) {
                    parents.append(uid)
                } else {
                    let name = group.type.map { "\($0)::" } ?? ""
                    report(
                        "there is no action `\(name)\(CedarString.quoted(group.id))`", at: group.origin,
                        expected: "a declared action")
                }
            }
            entities.append(Entity(uid: action.uid, parents: parents))
        }
        do {
            return try EntityStore(entities)
        } catch {
            var origin = SchemaOrigin()
            if case .cycle(let uid) = error, let place = names.actionPlaces[uid] {
                origin = names.actions[place].declaration.origin
            }
            report("\(error)", at: origin)
            return nil
        }
    }

    /// The declared action that a group reference means.
    private func parent(_ group: Definition.ActionReference, of action: SchemaNames.Action) -> EntityUID? {
        SchemaNames.candidates(group.type ?? "Action", in: action.namespace).lazy
            .map { EntityUID(type: $0, id: group.id) }
            .first { names.actionPlaces[$0] != nil }
    }
}
