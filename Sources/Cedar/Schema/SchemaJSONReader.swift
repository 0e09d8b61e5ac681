// SPDX-License-Identifier: Apache-2.0

/// Reads a schema in the JSON format; names stay unresolved.
struct SchemaJSONReader {
    typealias Definition = SchemaDefinition

    let limits: SchemaLimits
    private let root: JSONNode
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var definition = Definition()
    /// The steps that lead to the value at hand, and where they lead.
    private var path: [(step: JSONStep, node: JSONNode)] = []

    init(_ document: JSONDocument, limits: SchemaLimits) {
        root = document.root
        self.limits = limits
    }

    private var location: SourceLocation { (path.last?.node ?? root).location }
    var origin: SchemaOrigin { SchemaOrigin(.text(location)) }

    mutating func run() {
        guard let namespaces = object(root, "an object of namespaces") else { return }
        for member in namespaces {
            within(.key(member.key), member.value) { reader in
                guard let namespace = reader.namespace(member.key, member.value) else { return }
                reader.definition.namespaces.append(namespace)
            }
        }
    }

    // MARK: Problems and steps

    mutating func report(_ problem: String, expected: String = "") {
        guard diagnostics.count < limits.maximumDiagnostics else { return }
        let place = path.map { Self.text(of: $0.step) }.joined(separator: ".")
        diagnostics.append(
            Diagnostic(
                location: location, problem: place.isEmpty ? problem : "\(place): \(problem)", expected: expected))
    }

    private static func text(of step: JSONStep) -> String {
        switch step {
        case .index(let index): "[\(index)]"
        case .key(let key): Identifier.isPath(key) ? key : CedarString.quoted(key)
        }
    }

    mutating func within<Result>(_ step: JSONStep, _ node: JSONNode, _ body: (inout Self) -> Result) -> Result {
        path.append((step, node))
        defer { path.removeLast() }
        return body(&self)
    }

    /// Reads a member if it is there.
    mutating func member<Result>(
        _ name: String, of object: JSONNode.Members, _ body: (inout Self, JSONNode) -> Result?
    ) -> Result? {
        guard let node = object[name] else { return nil }
        return within(.key(name), node) { reader in body(&reader, node) }
    }

    /// Reads every element of an array, as far as it can be read.
    mutating func elements<Result>(
        _ json: JSONNode, _ expected: String, _ body: (inout Self, JSONNode) -> Result?
    ) -> [Result] {
        var results: [Result] = []
        for (index, element) in array(json, expected).enumerated() {
            if let result = within(.index(index), element, { reader in body(&reader, element) }) {
                results.append(result)
            }
        }
        return results
    }

    mutating func object(_ json: JSONNode, _ expected: String) -> JSONNode.Members? {
        if let object = json.objectValue { return object }
        report("got \(json.kind.rawValue)", expected: expected)
        return nil
    }

    private mutating func array(_ json: JSONNode, _ expected: String) -> [JSONNode] {
        if let array = json.arrayValue { return Array(array) }
        report("got \(json.kind.rawValue)", expected: expected)
        return []
    }

    mutating func string(_ json: JSONNode, _ expected: String) -> String? {
        if let string = json.stringValue { return string }
        report("got \(json.kind.rawValue)", expected: expected)
        return nil
    }

    /// Refuses members that do not belong to an object.
    mutating func rejectOthers(_ object: JSONNode.Members, than known: [String]) {
        for member in object where !known.contains(where: { member.isNamed($0) }) {
            within(.key(member.key), member.value) { reader in
                reader.report(
                    "this does not belong here", expected: known.map { "`\($0)`" }.joined(separator: ", "))
            }
        }
    }

    // MARK: Declarations

    private mutating func namespace(_ name: String, _ json: JSONNode) -> Definition.Namespace? {
        guard let object = object(json, "a namespace as an object") else { return nil }
        rejectOthers(object, than: ["commonTypes", "entityTypes", "actions", "annotations"])
        var result = Definition.Namespace(name: name, annotations: annotations(of: object))
        result.origin = origin
        each(object, "commonTypes", isRequired: false) { reader, name, json in
            guard let parts = reader.object(json, "a type as an object") else { return }
            guard let type = reader.type(json, also: ["annotations"]) else { return }
            var common = Definition.CommonType(name, type, annotations: reader.annotations(of: parts))
            common.origin = reader.origin
            result.commonTypes.append(common)
        }
        each(object, "entityTypes", isRequired: true) { reader, name, json in
            if let type = reader.entityType(name, json) { result.entityTypes.append(type) }
        }
        each(object, "actions", isRequired: true) { reader, name, json in
            if let action = reader.action(name, json) { result.actions.append(action) }
        }
        return result
    }

    private mutating func each(
        _ object: JSONNode.Members, _ key: String, isRequired: Bool, _ body: (inout Self, String, JSONNode) -> Void
    ) {
        if isRequired, object[key] == nil {
            report("`\(key)` is missing", expected: "an object, which may be empty")
        }
        let _: Void? = member(key, of: object) { reader, json in
            guard let object = reader.object(json, "an object of declarations by name") else { return }
            for member in object {
                reader.within(.key(member.key), member.value) { body(&$0, member.key, member.value) }
            }
        }
    }

    mutating func annotations(of object: JSONNode.Members) -> Annotations {
        let entries = member("annotations", of: object) { reader, json in
            reader.object(json, "an object of strings")?.compactMap { member in
                reader.within(.key(member.key), member.value) { $0.annotation(member.key, member.value) }
            }
        }
        return Annotations(entries ?? [])
    }

    private mutating func annotation(_ name: String, _ json: JSONNode) -> Annotations.Entry? {
        if !Identifier.isWellFormed(name) { report("this cannot name an annotation", expected: "an identifier") }
        if json.isNull { return Annotations.Entry(name: name, value: nil) }
        return string(json, "a string or `null`").map { Annotations.Entry(name: name, value: $0) }
    }

    private mutating func entityType(_ name: String, _ json: JSONNode) -> Definition.EntityType? {
        guard let object = object(json, "an entity type as an object") else { return nil }
        rejectOthers(
            object,
            than: object["enum"] == nil
                ? ["memberOfTypes", "shape", "tags", "annotations"] : ["enum", "annotations"])
        let content: Definition.EntityType.Content
        if let ids = object["enum"] {
            content = .enumerated(
                within(.key("enum"), ids) { reader in
                    reader.elements(ids, "an array of ids") { reader, json in reader.string(json, "an id as a string") }
                })
        } else {
            content = .standard(
                memberOf: references(in: object, "memberOfTypes") ?? [], shape: type(in: object, "shape"),
                tags: type(in: object, "tags"))
        }
        var result = Definition.EntityType(name, content, annotations: annotations(of: object))
        result.origin = origin
        return result
    }

    private mutating func type(in object: JSONNode.Members, _ key: String) -> Definition.TypeExpression? {
        member(key, of: object) { reader, json in reader.type(json) }
    }

    private mutating func references(in object: JSONNode.Members, _ key: String) -> [Definition.Reference]? {
        member(key, of: object) { reader, json in
            reader.elements(json, "an array of entity type names") { reader, json in reader.reference(json) }
        }
    }

    private mutating func action(_ name: String, _ json: JSONNode) -> Definition.Action? {
        guard let object = object(json, "an action as an object") else { return nil }
        let known = ["memberOf", "appliesTo", "annotations"]
        rejectOthers(object, than: object["attributes"]?.isNull ?? false ? known + ["attributes"] : known)
        var result = Definition.Action(name, annotations: annotations(of: object))
        result.origin = origin
        if let json = object["memberOf"], !json.isNull {
            result.memberOf = within(.key("memberOf"), json) { reader in
                reader.elements(json, "an array of `{\"id\": ..., \"type\": ...}`") { reader, json in
                    reader.actionReference(json)
                }
            }
        }
        if let json = object["appliesTo"], !json.isNull {
            result.appliesTo = within(.key("appliesTo"), json) { $0.appliesTo(json) }
        }
        return result
    }

    private mutating func actionReference(_ json: JSONNode) -> Definition.ActionReference? {
        guard let object = object(json, "`{\"id\": ..., \"type\": ...}`") else { return nil }
        rejectOthers(object, than: ["id", "type"])
        guard let id = object["id"] else {
            report("`id` is missing", expected: "the id of an action")
            return nil
        }
        guard let id = string(id, "the id of an action as a string") else { return nil }
        var type: String?
        if let json = object["type"], !json.isNull {
            guard let reference = within(.key("type"), json, { $0.reference(json) }) else { return nil }
            type = reference.path
        }
        var result = Definition.ActionReference(id, type: type)
        result.origin = origin
        return result
    }

    private mutating func appliesTo(_ json: JSONNode) -> Definition.AppliesTo? {
        guard let object = object(json, "an object with `principalTypes` and `resourceTypes`") else { return nil }
        rejectOthers(object, than: ["principalTypes", "resourceTypes", "context"])
        let principals = references(in: object, "principalTypes")
        let resources = references(in: object, "resourceTypes")
        if principals == nil { report("`principalTypes` is missing", expected: "an array of entity type names") }
        if resources == nil { report("`resourceTypes` is missing", expected: "an array of entity type names") }
        return Definition.AppliesTo(
            principals: principals ?? [], resources: resources ?? [], context: type(in: object, "context"))
    }
}
