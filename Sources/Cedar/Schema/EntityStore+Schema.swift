// SPDX-License-Identifier: Apache-2.0

extension EntityStore {
    /// Reads an entities file as a schema wants it, checks every entity, and adds the schema's actions.
    ///
    /// The declared types say where strings stand for extension values and `{"type", "id"}` for entities.
    ///
    /// - Throws: ``EntityError`` with the entity or the path, and what would be accepted.
    public static func parse(
        json bytes: [UInt8], schema: Schema, limits: DataLimits = DataLimits()
    ) throws(EntityError) -> EntityStore {
        try schema.store(json: try JSONDocument.entities(bytes, limits).root)
    }
}

extension Schema {
    /// Reads entities by their declarations, checks them and makes a store of them to which the declared actions are added.
    func store(json: JSONNode) throws(EntityError) -> EntityStore {
        try json.document.reading { () throws(EntityError) in
            try checked(try ValueReader.entities(json) { element throws(DataProblem) in try entity(element) })
        }
    }

    /// Checks entities and makes a store of them to which the declared actions are added.
    ///
    /// - Throws: ``EntityError``.
    public func store(_ entities: [Entity]) throws(EntityError) -> EntityStore {
        let result = DeepStack.run { () -> Result<EntityStore, EntityError> in
            do throws(EntityError) { return .success(try checked(entities)) } catch { return .failure(error) }
        }
        guard let result else { throw .json(path: "", problem: "there is no memory to check the entities") }
        return try result.get()
    }

    private func checked(_ entities: [Entity]) throws(EntityError) -> EntityStore {
        let store = try EntityStore(entities)
        for entity in entities { try check(entity, in: store) }
        return try store.overlaid(with: model.actionStore.entities)
    }

    private func check(_ entity: Entity, in store: EntityStore) throws(EntityError) {
        if entity.uid.type.isAction {
            try checkAction(entity, in: store)
            return
        }
        do throws(DataProblem) { try model.check(entity) } catch {
            throw .conformance(entity.uid, problem: error.text)
        }
    }

    /// An action that data mentions must be just what the schema declares.
    private func checkAction(_ entity: Entity, in store: EntityStore) throws(EntityError) {
        let declared = model.actionStore.ancestors(of: entity.uid)
        guard model.actionStore[entity.uid] != nil else {
            throw .conformance(entity.uid, problem: "this action is not declared")
        }
        guard entity.attributes.isEmpty, entity.tags.isEmpty else {
            throw .conformance(entity.uid, problem: "an action has neither attributes nor tags")
        }
        guard store.ancestors(of: entity.uid) == declared else {
            let groups = declared.sorted().map { "`\($0)`" }.joined(separator: ", ")
            throw .conformance(
                entity.uid,
                problem: "its ancestors are not the declared ones; accepted: \(groups.isEmpty ? "none" : groups)")
        }
    }

    /// Reads one entity by the declaration of its type.
    func entity(_ json: JSONNode) throws(DataProblem) -> Entity {
        let parts = try ValueReader.entityParts(json)
        let reader = TypedValueReader(model: model)
        guard let id = model.entityTypeIDs[parts.uid.type] else {
            throw DataProblem("`\(parts.uid.type)` is not a declared entity type", at: .key("uid"))
        }
        let type = model[id]
        let attributes = try ValueReader.at("attrs") { () throws(DataProblem) in
            try reader.record(parts.attributes, model.types.fields(of: type.attributes) ?? [])
        }
        var tags = Record()
        if let given = parts.tags, !given.isEmpty {
            guard let tagType = type.tags else { throw DataProblem("a `\(type.name)` has no tags", at: .key("tags")) }
            tags = try ValueReader.at("tags") { () throws(DataProblem) in try reader.tags(given, of: tagType) }
        }
        return Entity(uid: parts.uid, attributes: attributes, tags: tags, parents: parts.parents)
    }
}
