// SPDX-License-Identifier: Apache-2.0

extension SchemaModel {
    /// Checks that a value is of a type, and that every entity it names can exist.
    func check(_ value: Value, is type: TypeID) throws(DataProblem) {
        switch (types[type], value) {
        case (.bool, .bool), (.long, .long), (.string, .string), (.decimal, .decimal), (.ip, .ip),
            (.datetime, .datetime), (.duration, .duration):
            break
        case (.yes, .bool(true)), (.no, .bool(false)): break
        case (.entity(let id), .entity(let uid)):
            guard uid.type == self[id].name else {
                throw DataProblem("expected an entity of type `\(self[id].name)`, got `\(uid)`")
            }
            if let objection = objection(to: uid) { throw DataProblem(objection) }
        case (.set(let element), .set(let set)):
            for (index, value) in set.elements.enumerated() {
                do { try check(value, is: element) } catch { throw error.inside(.index(index)) }
            }
        case (.record(let fields), .record(let record)): try check(record, has: fields)
        case (.never, _), (.yes, _), (.no, _), (.bool, _), (.long, _), (.string, _), (.decimal, _), (.ip, _),
            (.datetime, _), (.duration, _), (.entity, _), (.set, _), (.record, _):
            throw DataProblem("expected \(describe(type)), got \(value.kind.rawValue)")
        }
    }

    /// Checks that a record has the declared attributes and no others.
    func check(_ record: Record, has fields: [TypeField]) throws(DataProblem) {
        var required = fields.reduce(0) { $0 + ($1.isRequired ? 1 : 0) }
        for member in record.members {
            guard let name = types.names.id(of: member.key), let field = TypeTable.field(name, in: fields) else {
                throw DataProblem("attribute `\(CedarString.escaped(member.key))` is not declared")
            }
            if field.isRequired { required -= 1 }
            do { try check(member.value, is: field.type) } catch { throw error.inside(.key(member.key)) }
        }
        guard required > 0 else { return }
        let missing = fields.filter { $0.isRequired && record[types.names[$0.name]] == nil }
        let names = missing.map { "`\(CedarString.escaped(types.names[$0.name]))`" }.sorted().joined(separator: ", ")
        throw DataProblem(missing.count == 1 ? "attribute \(names) is missing" : "attributes \(names) are missing")
    }

    /// Checks everything the schema says about one entity; ancestors are left to those that are above it.
    func check(_ entity: Entity) throws(DataProblem) {
        if let objection = objection(to: entity.uid) { throw DataProblem(objection, at: .key("uid")) }
        guard let id = entityTypeIDs[entity.uid.type] else { return }
        let type = self[id]
        do { try check(entity.attributes, has: types.fields(of: type.attributes) ?? []) } catch {
            throw error.inside(.key("attrs"))
        }
        try checkTags(of: entity, type)
        for (index, parent) in entity.parents.enumerated() {
            if let objection = objection(to: parent) {
                throw DataProblem(objection, at: .key("parents"), .index(index))
            }
            guard let other = entityTypeIDs[parent.type], type.ancestors.contains(Int(other.index)) else {
                throw DataProblem(
                    "a `\(entity.uid.type)` cannot be in `\(parent)`; accepted: \(acceptedParents(of: type))",
                    at: .key("parents"), .index(index))
            }
        }
    }

    private func checkTags(of entity: Entity, _ type: EntityTypeModel) throws(DataProblem) {
        guard let tagType = type.tags else {
            guard entity.tags.isEmpty else { throw DataProblem("a `\(type.name)` has no tags", at: .key("tags")) }
            return
        }
        for member in entity.tags.members {
            do { try check(member.value, is: tagType) } catch {
                throw error.inside(.key(member.key)).inside(.key("tags"))
            }
        }
    }

    private func acceptedParents(of type: EntityTypeModel) -> String {
        let names = entityTypes.indices.filter(type.ancestors.contains).map { "`\(entityTypes[$0].name)`" }
        return names.isEmpty ? "no parents" : names.joined(separator: ", ")
    }

    /// The type in words.
    func describe(_ type: TypeID) -> String { types.describe(type, entityTypes) }
}

extension TypeTable {
    /// A type as the schema syntax writes it; of large records only the beginning.
    func describe(_ type: TypeID, _ entityTypes: [EntityTypeModel], depth: Int = 0) -> String {
        switch self[type] {
        case .never: "nothing"
        case .yes: "true"
        case .no: "false"
        case .bool: "Bool"
        case .long: "Long"
        case .string: "String"
        case .decimal: "decimal"
        case .ip: "ipaddr"
        case .datetime: "datetime"
        case .duration: "duration"
        case .entity(let id): entityTypes[Int(id.index)].name.text
        case .set(let element): depth > 3 ? "Set<...>" : "Set<\(describe(element, entityTypes, depth: depth + 1))>"
        case .record(let fields):
            if depth > 3 {
                "{...}"
            } else {
                "{"
                    + fields.prefix(6).map { field in
                        let name = names[field.name]
                        return (Identifier.isUsable(name) ? name : CedarString.quoted(name))
                            + (field.isRequired ? ": " : "?: ") + describe(field.type, entityTypes, depth: depth + 1)
                    }.joined(separator: ", ") + (fields.count > 6 ? ", ...}" : "}")
            }
        }
    }
}
