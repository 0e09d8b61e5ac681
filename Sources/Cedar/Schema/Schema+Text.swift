// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// The schema in Cedar's own syntax.
    ///
    /// Reading it back gives a schema of the same meaning. Two things have no form in this syntax: an entity type whose
    /// shape is a common type is written with the attributes spelled out, and an action whose lists of principals or
    /// resources are empty is written as one that applies to nothing.
    public func cedarText() -> String {
        var writer = SchemaTextWriter(names: model.names)
        for namespace in model.definition.namespaces where namespace.name.isEmpty { writer.declarations(of: namespace) }
        for namespace in model.definition.namespaces where !namespace.name.isEmpty { writer.write(namespace) }
        return writer.text
    }
}

private struct SchemaTextWriter {
    typealias Definition = SchemaDefinition

    private(set) var text = ""
    private let references: SchemaReferences
    private var names: SchemaNames { references.names }
    private var indent = ""
    /// Where the names of what is written are looked for.
    private var namespace = ""

    init(names: SchemaNames) { references = SchemaReferences(names) }

    mutating func write(_ namespace: Definition.Namespace) {
        if !text.isEmpty { text += "\n" }
        annotations(namespace.annotations)
        text += "namespace \(namespace.name) {\n"
        (self.namespace, indent) = (namespace.name, "  ")
        declarations(of: namespace)
        (self.namespace, indent) = ("", "")
        text += "}\n"
    }

    mutating func declarations(of namespace: Definition.Namespace) {
        for common in namespace.commonTypes {
            annotations(common.annotations)
            let full = SchemaNames.full(common.name, in: namespace.name)
            text += "\(indent)type \(references.basename(ofCommonType: full)) = "
            type(common.type, of: namespace.name)
            text += ";\n"
        }
        for type in namespace.entityTypes { write(type, of: namespace.name) }
        for action in namespace.actions { write(action, of: namespace.name) }
    }

    private mutating func annotations(_ annotations: Annotations) {
        for entry in annotations.entries {
            text += "\(indent)@\(entry.name)" + (entry.value.map { "(\(CedarString.quoted($0)))" } ?? "") + "\n"
        }
    }

    private mutating func write(_ entityType: Definition.EntityType, of home: String) {
        annotations(entityType.annotations)
        text += "\(indent)entity \(entityType.name)"
        switch entityType.content {
        case .enumerated(let ids): text += " enum [" + ids.map { CedarString.quoted($0) }.joined(separator: ", ") + "]"
        case .standard(let memberOf, let shape, let tags):
            if !memberOf.isEmpty { text += " in [" + memberOf.map(\.path).joined(separator: ", ") + "]" }
            if let shape, let (attributes, namespace) = record(shape, of: home) {
                text += " = "
                self.attributes(attributes, of: namespace)
            }
            if let tags {
                text += " tags "
                type(tags, of: home)
            }
        }
        text += ";\n"
    }

    /// The attributes that a type stands for, and the namespace in which they were declared.
    private func record(
        _ type: Definition.TypeExpression, of namespace: String
    ) -> (attributes: [Definition.Attribute], namespace: String)? {
        var (type, namespace) = (type, namespace)
        // Common types are not circular, so this ends.
        while true {
            let target: SchemaNames.Target?
            switch type {
            case .record(let attributes): return (attributes, namespace)
            case .common(let reference): target = names.target(of: reference.path, .common, in: namespace)
            case .named(let reference): target = names.target(of: reference.path, .either, in: namespace)
            case .long, .string, .bool, .extension, .set, .entity: target = nil
            }
            guard case .common(let name) = target, let common = names.commonTypes[name] else { return nil }
            (type, namespace) = (common.declaration.type, common.namespace)
        }
    }

    private mutating func write(_ action: Definition.Action, of home: String) {
        annotations(action.annotations)
        text += "\(indent)action \(name(action.name))"
        if !action.memberOf.isEmpty {
            let groups = action.memberOf.map { group in
                group.type.map { "\($0)::\(CedarString.quoted(group.id))" } ?? CedarString.quoted(group.id)
            }
            text += " in [" + groups.joined(separator: ", ") + "]"
        }
        if let appliesTo = action.appliesTo, !appliesTo.principals.isEmpty, !appliesTo.resources.isEmpty {
            text +=
                " appliesTo {\n\(indent)  principal: [\(appliesTo.principals.map(\.path).joined(separator: ", "))],\n"
            text += "\(indent)  resource: [\(appliesTo.resources.map(\.path).joined(separator: ", "))]"
            if let context = appliesTo.context {
                text += ",\n\(indent)  context: "
                indent += "  "
                type(context, of: home)
                indent.removeLast(2)
            }
            text += "\n\(indent)}"
        }
        text += ";\n"
    }

    private func name(_ name: String) -> String { Identifier.isUsable(name) ? name : CedarString.quoted(name) }

    private mutating func attributes(_ attributes: [Definition.Attribute], of home: String) {
        guard !attributes.isEmpty else {
            text += "{}"
            return
        }
        text += "{\n"
        indent += "  "
        for (index, attribute) in attributes.enumerated() {
            annotations(attribute.annotations)
            text += "\(indent)\(name(attribute.name))\(attribute.isRequired ? "" : "?"): "
            type(attribute.type, of: home)
            text += index + 1 < attributes.count ? ",\n" : "\n"
        }
        indent.removeLast(2)
        text += "\(indent)}"
    }

    /// Writes a type.
    ///
    /// - Parameters:
    ///   - type: The type.
    ///   - home: The namespace in which it was declared, which need not be the one that is written.
    private mutating func type(_ type: Definition.TypeExpression, of home: String) {
        let target: SchemaNames.Target?
        switch type {
        case .set(let element):
            text += "Set<"
            self.type(element, of: home)
            text += ">"
            return
        case .record(let attributes):
            self.attributes(attributes, of: home)
            return
        case .long: target = .builtIn(.long)
        case .string: target = .builtIn(.string)
        case .bool: target = .builtIn(.bool)
        case .extension(let type): target = .builtIn(type.id)
        case .entity(let reference): target = names.target(of: reference.path, .entity, in: home)
        case .common(let reference): target = names.target(of: reference.path, .common, in: home)
        case .named(let reference): target = names.target(of: reference.path, .either, in: home)
        }
        if let target { text += references.text(of: target, in: namespace) }
    }
}
