// SPDX-License-Identifier: Apache-2.0

import Cedar

/// The shapes of entity types as the base entities show them.
struct InferredShapes {
    private(set) var types: [(EntityTypeName, EntityShape)] = []

    init(_ store: EntityStore) {
        var found: [EntityTypeName: EntityShape] = [:]
        for entity in store.entities {
            var shape = EntityShape(parents: Set(entity.parents.map(\.type.text)))
            for member in entity.attributes.members {
                if let type = Self.type(of: member.value) {
                    shape.attributes.append(SchemaDefinition.Attribute(member.key, type, isRequired: false))
                } else {
                    shape.conflicts.insert(member.key)
                }
            }
            let tags = Set(entity.tags.members.map { Self.type(of: $0.value) })
            if tags.count == 1, let type = tags.first { shape.tags = type }
            found[entity.uid.type, default: EntityShape()].merge(shape)
            for parent in entity.parents where found[parent.type] == nil { found[parent.type] = EntityShape() }
        }
        types = found.sorted { $0.key.text < $1.key.text }.map { ($0.key, $0.value) }
    }

    /// The type of a value; `nil` if its parts do not tell, as in an empty set.
    private static func type(of value: Value) -> SchemaDefinition.TypeExpression? {
        switch value {
        case .bool: return .bool
        case .long: return .long
        case .string: return .string
        case .entity(let uid): return .entity(SchemaDefinition.Reference(uid.type.text))
        case .decimal: return .extension(.decimal)
        case .ip: return .extension(.ip)
        case .datetime: return .extension(.datetime)
        case .duration: return .extension(.duration)
        case .set(let set):
            let types = Set(set.elements.map { type(of: $0) })
            guard types.count == 1, let only = types.first, let element = only else { return nil }
            return .set(element)
        case .record(let record):
            var attributes: [SchemaDefinition.Attribute] = []
            for member in record.members {
                guard let type = type(of: member.value) else { return nil }
                attributes.append(SchemaDefinition.Attribute(member.key, type))
            }
            return .record(attributes)
        }
    }
}
