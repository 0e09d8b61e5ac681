// SPDX-License-Identifier: Apache-2.0

extension SchemaJSONReader {
    /// What stands in the member `type` of a type; any other text names a common type.
    private enum Kind: String, CaseIterable {
        case long = "Long"
        case string = "String"
        case bool = "Boolean"
        case set = "Set"
        case record = "Record"
        case entity = "Entity"
        case entityOrCommon = "EntityOrCommon"
        case `extension` = "Extension"
    }

    /// Reads a type; the nesting of the JSON text bounds that of the type.
    ///
    /// - Parameters:
    ///   - json: The type.
    ///   - also: Further members that the object may have.
    /// - Returns: The type; `nil` after a finding.
    mutating func type(_ json: JSONNode, also: [String] = []) -> Definition.TypeExpression? {
        guard let object = object(json, "a type as an object") else { return nil }
        guard let nameJSON = object["type"] else {
            report("`type` is missing", expected: "`\"type\"` with the name of a type")
            return nil
        }
        guard let name = within(.key("type"), nameJSON, { $0.string(nameJSON, "the name of a type") }) else {
            return nil
        }
        switch Kind.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) }) {
        case .set:
            rejectOthers(object, than: ["type", "element"] + also)
            return inner(object, "element").map(Definition.TypeExpression.set)
        case .record:
            rejectOthers(object, than: ["type", "attributes", "additionalAttributes"] + also)
            return .record(attributes(of: object))
        case .entity: return named(object, also: also).map(Definition.TypeExpression.entity)
        case .entityOrCommon: return named(object, also: also).map(Definition.TypeExpression.named)
        case .extension: return extensionType(object, also: also)
        case .long: return plain(.long, object, also: also)
        case .string: return plain(.string, object, also: also)
        case .bool: return plain(.bool, object, also: also)
        case nil:
            rejectOthers(object, than: ["type"] + also)
            return within(.key("type"), nameJSON) { $0.reference(nameJSON) }.map(Definition.TypeExpression.common)
        }
    }

    private mutating func plain(
        _ type: Definition.TypeExpression, _ object: JSONNode.Members, also: [String]
    ) -> Definition.TypeExpression {
        rejectOthers(object, than: ["type"] + also)
        return type
    }

    private mutating func inner(_ object: JSONNode.Members, _ key: String) -> Definition.TypeExpression? {
        guard let json = object[key] else {
            report("`\(key)` is missing", expected: "a type")
            return nil
        }
        return within(.key(key), json) { $0.type(json) }
    }

    private mutating func named(_ object: JSONNode.Members, also: [String]) -> Definition.Reference? {
        rejectOthers(object, than: ["type", "name"] + also)
        guard let json = object["name"] else {
            report("`name` is missing", expected: "the name of a type")
            return nil
        }
        return within(.key("name"), json) { $0.reference(json) }
    }

    private mutating func extensionType(_ object: JSONNode.Members, also: [String]) -> Definition.TypeExpression? {
        guard let reference = named(object, also: also), let json = object["name"] else { return nil }
        guard
            let type = Definition.ExtensionType.allCases.first(where: { $0.rawValue.hasSameBytes(as: reference.path) })
        else {
            within(.key("name"), json) { reader in
                reader.report(
                    "there is no extension type `\(reference.path)`",
                    expected: Definition.ExtensionType.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
            }
            return nil
        }
        return .extension(type)
    }

    private mutating func attributes(of object: JSONNode.Members) -> [Definition.Attribute] {
        if let json = object["additionalAttributes"] {
            within(.key("additionalAttributes"), json) { reader in
                if json.boolValue != false { reader.report("records are closed", expected: "`false`, or nothing") }
            }
        }
        guard let json = object["attributes"] else {
            report("`attributes` is missing", expected: "an object of types by name")
            return []
        }
        return within(.key("attributes"), json) { reader in
            guard let members = reader.object(json, "an object of types by name") else { return [] }
            return members.compactMap { member in
                reader.within(.key(member.key), member.value) { $0.attribute(member.key, member.value) }
            }
        }
    }

    private mutating func attribute(_ name: String, _ json: JSONNode) -> Definition.Attribute? {
        guard let object = object(json, "a type as an object") else { return nil }
        guard let type = type(json, also: ["required", "annotations"]) else { return nil }
        var isRequired = true
        if let json = object["required"] {
            if let given = json.boolValue {
                isRequired = given
            } else {
                within(.key("required"), json) { $0.report("got \(json.kind.rawValue)", expected: "`true` or `false`") }
            }
        }
        return Definition.Attribute(name, type, isRequired: isRequired, annotations: annotations(of: object))
    }

    /// Reads the name of a type in normalized form.
    mutating func reference(_ json: JSONNode) -> Definition.Reference? {
        guard let path = string(json, "the name of a type") else { return nil }
        guard SchemaResolver.isReference(path) else {
            report(
                "`\(CedarString.escaped(path))` is no name of a type", expected: "a name such as `User` or `Acme::User`"
            )
            return nil
        }
        return Definition.Reference(path, origin: origin)
    }
}
