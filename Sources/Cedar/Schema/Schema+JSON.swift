// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// The schema in the JSON format, without white space.
    ///
    /// Reading it back gives a schema of the same meaning.
    public func json() -> [UInt8] {
        var writer = SchemaJSONWriter(names: model.names)
        writer.write(model.definition)
        return writer.json.bytes
    }
}

private struct SchemaJSONWriter {
    typealias Definition = SchemaDefinition

    private(set) var json = JSONText()
    private let names: SchemaNames

    init(names: SchemaNames) { self.names = names }

    mutating func write(_ definition: Definition) {
        json.beginObject()
        for namespace in definition.namespaces {
            json.key(namespace.name)
            write(namespace)
        }
        json.endObject()
    }

    private mutating func write(_ namespace: Definition.Namespace) {
        json.beginObject()
        annotations(namespace.annotations)
        if !namespace.commonTypes.isEmpty {
            json.key("commonTypes")
            json.beginObject()
            for common in namespace.commonTypes {
                json.key(common.name)
                json.beginObject()
                members(of: common.type, in: namespace.name)
                annotations(common.annotations)
                json.endObject()
            }
            json.endObject()
        }
        json.key("entityTypes")
        json.beginObject()
        for entityType in namespace.entityTypes {
            json.key(entityType.name)
            write(entityType, in: namespace.name)
        }
        json.endObject()
        json.key("actions")
        json.beginObject()
        for action in namespace.actions {
            json.key(action.name)
            write(action, in: namespace.name)
        }
        json.endObject()
        json.endObject()
    }

    private mutating func annotations(_ annotations: Annotations) {
        guard !annotations.entries.isEmpty else { return }
        json.key("annotations")
        json.beginObject()
        for entry in annotations.entries {
            json.key(entry.name)
            if let value = entry.value { json.string(value) } else { json.null() }
        }
        json.endObject()
    }

    private mutating func strings(_ key: String, _ strings: [String]) {
        json.key(key)
        json.beginArray()
        for string in strings { json.string(string) }
        json.endArray()
    }

    private mutating func write(_ entityType: Definition.EntityType, in namespace: String) {
        json.beginObject()
        switch entityType.content {
        case .enumerated(let ids): strings("enum", ids)
        case .standard(let memberOf, let shape, let tags):
            if !memberOf.isEmpty { strings("memberOfTypes", memberOf.map(\.path)) }
            if let shape {
                json.key("shape")
                type(shape, in: namespace)
            }
            if let tags {
                json.key("tags")
                type(tags, in: namespace)
            }
        }
        annotations(entityType.annotations)
        json.endObject()
    }

    private mutating func write(_ action: Definition.Action, in namespace: String) {
        json.beginObject()
        if !action.memberOf.isEmpty {
            json.key("memberOf")
            json.beginArray()
            for group in action.memberOf {
                json.beginObject()
                json.key("id")
                json.string(group.id)
                if let type = group.type {
                    json.key("type")
                    json.string(type)
                }
                json.endObject()
            }
            json.endArray()
        }
        if let appliesTo = action.appliesTo {
            json.key("appliesTo")
            json.beginObject()
            strings("principalTypes", appliesTo.principals.map(\.path))
            strings("resourceTypes", appliesTo.resources.map(\.path))
            if let context = appliesTo.context {
                json.key("context")
                type(context, in: namespace)
            }
            json.endObject()
        }
        annotations(action.annotations)
        json.endObject()
    }

    private mutating func type(_ type: Definition.TypeExpression, in namespace: String) {
        json.beginObject()
        members(of: type, in: namespace)
        json.endObject()
    }

    private mutating func members(of type: Definition.TypeExpression, in namespace: String) {
        json.key("type")
        switch type {
        case .long: json.string("Long")
        case .string: json.string("String")
        case .bool: json.string("Boolean")
        case .extension(let type): named("Extension", type.rawValue)
        case .entity(let reference): named("Entity", reference.path)
        case .common(let reference): json.string(reference.path)
        case .named(let reference): members(ofNamed: reference, in: namespace)
        case .set(let element):
            json.string("Set")
            json.key("element")
            self.type(element, in: namespace)
        case .record(let attributes):
            json.string("Record")
            json.key("attributes")
            json.beginObject()
            for attribute in attributes {
                json.key(attribute.name)
                json.beginObject()
                members(of: attribute.type, in: namespace)
                if !attribute.isRequired {
                    json.key("required")
                    json.bool(false)
                }
                annotations(attribute.annotations)
                json.endObject()
            }
            json.endObject()
        }
    }

    /// Built-in types are written as what they are, unless a declaration has taken their short name.
    private mutating func members(ofNamed reference: Definition.Reference, in namespace: String) {
        switch names.target(of: reference.path, .either, in: namespace) {
        case .builtIn(.long): json.string("Long")
        case .builtIn(.string): json.string("String")
        case .builtIn(.bool): json.string("Boolean")
        case .builtIn(.decimal): named("Extension", "decimal")
        case .builtIn(.ip): named("Extension", "ipaddr")
        case .builtIn(.datetime): named("Extension", "datetime")
        case .builtIn(.duration): named("Extension", "duration")
        case .builtIn, .common, .entity, nil: named("EntityOrCommon", reference.path)
        }
    }

    private mutating func named(_ kind: String, _ name: String) {
        json.string(kind)
        json.key("name")
        json.string(name)
    }
}
