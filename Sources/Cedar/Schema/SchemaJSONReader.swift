// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// Reads a schema in the JSON format; names stay unresolved.
struct SchemaJSONReader {
    typealias Definition = SchemaDefinition

    private let file: String
    private let bytes: [UInt8]
    private let lines: LineTable
    private var json = JSONValue.null
    let limits: SchemaLimits
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var definition = Definition()
    /// The path to the value at hand.
    var path: [JSONStep] = []

    init(file: String, bytes: [UInt8], limits: SchemaLimits) {
        self.file = file
        self.bytes = bytes
        lines = LineTable(file: file, bytes: bytes)
        self.limits = limits
    }

    var origin: SchemaOrigin { SchemaOrigin(.json(path)) }

    mutating func run() {
        do {
            json = try JSONValue.parse(
                bytes,
                limits: JSONLimits(maximumBytes: limits.maximumBytes, maximumDepth: 3 * limits.nesting + 8))
        } catch {
            diagnostics.append(
                Diagnostic(
                    location: SourceLocation(file: file, line: error.line, column: error.column, offset: error.offset),
                    problem: error.problem.description))
            return
        }
        guard let namespaces = object(json, "an object of namespaces") else { return }
        for member in namespaces.members {
            within(.key(member.key)) { reader in
                guard let namespace = reader.namespace(member.key, member.value) else { return }
                reader.definition.namespaces.append(namespace)
            }
        }
    }

    // MARK: Problems and steps

    mutating func report(_ problem: String, expected: String = "") {
        guard diagnostics.count < limits.maximumDiagnostics else { return }
        let place = path.map(Self.text(of:)).joined(separator: ".")
        diagnostics.append(
            Diagnostic(
                location: location(of: path),
                problem: place.isEmpty ? problem : "\(place): \(problem)", expected: expected))
    }

    /// Where the value that a path leads to begins, or the last one on the way that there is.
    func location(of path: [JSONStep]) -> SourceLocation {
        var (value, indices): (JSONValue, [Int]) = (json, [])
        walk: for step in path {
            switch step {
            case .index(let index):
                guard let elements = value.arrayValue, index < elements.count else { break walk }
                value = elements[index]
                indices.append(index)
            case .key(let key):
                guard let members = value.objectValue?.members,
                    let index = members.firstIndex(where: { $0.key.hasSameBytes(as: key) })
                else { break walk }
                value = members[index].value
                indices.append(index)
            }
        }
        return lines.location(at: JSONOffsets(bytes).offset(of: indices))
    }

    private static func text(of step: JSONStep) -> String {
        switch step {
        case .index(let index): "[\(index)]"
        case .key(let key): Identifier.isPath(key) ? key : CedarString.quoted(key)
        }
    }

    mutating func within<Result>(_ step: JSONStep, _ body: (inout Self) -> Result) -> Result {
        path.append(step)
        defer { path.removeLast() }
        return body(&self)
    }

    mutating func object(_ json: JSONValue, _ expected: String) -> JSONObject? {
        if let object = json.objectValue { return object }
        report("got \(json.kind)", expected: expected)
        return nil
    }

    mutating func array(_ json: JSONValue, _ expected: String) -> [JSONValue] {
        if let array = json.arrayValue { return array }
        report("got \(json.kind)", expected: expected)
        return []
    }

    mutating func string(_ json: JSONValue, _ expected: String) -> String? {
        if let string = json.stringValue { return string }
        report("got \(json.kind)", expected: expected)
        return nil
    }

    /// Refuses members that do not belong to an object.
    mutating func rejectOthers(_ object: JSONObject, than known: [String]) {
        for member in object.members where !known.contains(where: { $0.hasSameBytes(as: member.key) }) {
            within(.key(member.key)) { reader in
                reader.report(
                    "this does not belong here", expected: known.map { "`\($0)`" }.joined(separator: ", "))
            }
        }
    }

    // MARK: Declarations

    private mutating func namespace(_ name: String, _ json: JSONValue) -> Definition.Namespace? {
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
        _ object: JSONObject, _ key: String, isRequired: Bool, _ body: (inout Self, String, JSONValue) -> Void
    ) {
        guard let json = object[key] else {
            if isRequired { report("`\(key)` is missing", expected: "an object, which may be empty") }
            return
        }
        within(.key(key)) { reader in
            guard let object = reader.object(json, "an object of declarations by name") else { return }
            for member in object.members {
                reader.within(.key(member.key)) { body(&$0, member.key, member.value) }
            }
        }
    }

    mutating func annotations(of object: JSONObject) -> Annotations {
        guard let json = object["annotations"] else { return Annotations() }
        return within(.key("annotations")) { reader in
            guard let object = reader.object(json, "an object of strings") else { return Annotations() }
            var entries: [Annotations.Entry] = []
            for member in object.members {
                reader.within(.key(member.key)) { reader in
                    if !Identifier.isWellFormed(member.key) {
                        reader.report("this cannot name an annotation", expected: "an identifier")
                    }
                    if case .null = member.value {
                        entries.append(Annotations.Entry(name: member.key, value: nil))
                    } else if let value = reader.string(member.value, "a string or `null`") {
                        entries.append(Annotations.Entry(name: member.key, value: value))
                    }
                }
            }
            return Annotations(entries)
        }
    }

    private mutating func entityType(_ name: String, _ json: JSONValue) -> Definition.EntityType? {
        guard let object = object(json, "an entity type as an object") else { return nil }
        rejectOthers(
            object,
            than: object["enum"] == nil
                ? ["memberOfTypes", "shape", "tags", "annotations"] : ["enum", "annotations"])
        let content: Definition.EntityType.Content
        if let ids = object["enum"] {
            content = .enumerated(
                within(.key("enum")) { reader in
                    let elements = reader.array(ids, "an array of ids").enumerated()
                    return elements.compactMap { item in
                        reader.within(.index(item.offset)) { $0.string(item.element, "an id as a string") }
                    }
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

    private mutating func type(in object: JSONObject, _ key: String) -> Definition.TypeExpression? {
        guard let json = object[key] else { return nil }
        return within(.key(key)) { $0.type(json) }
    }

    private mutating func references(in object: JSONObject, _ key: String) -> [Definition.Reference]? {
        guard let json = object[key] else { return nil }
        return within(.key(key)) { reader in
            reader.array(json, "an array of entity type names").enumerated().compactMap { item in
                reader.within(.index(item.offset)) { $0.reference(item.element) }
            }
        }
    }

    private mutating func action(_ name: String, _ json: JSONValue) -> Definition.Action? {
        guard let object = object(json, "an action as an object") else { return nil }
        let known = ["memberOf", "appliesTo", "annotations"]
        rejectOthers(object, than: object["attributes"]?.isNull ?? false ? known + ["attributes"] : known)
        var result = Definition.Action(name, annotations: annotations(of: object))
        result.origin = origin
        if let json = object["memberOf"], !json.isNull {
            result.memberOf = within(.key("memberOf")) { reader in
                reader.array(json, "an array of `{\"id\": ..., \"type\": ...}`").enumerated().compactMap { item in
                    reader.within(.index(item.offset)) { $0.actionReference(item.element) }
                }
            }
        }
        if let json = object["appliesTo"], !json.isNull {
            result.appliesTo = within(.key("appliesTo")) { $0.appliesTo(json) }
        }
        return result
    }

    private mutating func actionReference(_ json: JSONValue) -> Definition.ActionReference? {
        guard let object = object(json, "`{\"id\": ..., \"type\": ...}`") else { return nil }
        rejectOthers(object, than: ["id", "type"])
        guard let id = object["id"] else {
            report("`id` is missing", expected: "the id of an action")
            return nil
        }
        guard let id = string(id, "the id of an action as a string") else { return nil }
        var type: String?
        if let json = object["type"], !json.isNull {
            guard let reference = within(.key("type"), { $0.reference(json) }) else { return nil }
            type = reference.path
        }
        var result = Definition.ActionReference(id, type: type)
        result.origin = origin
        return result
    }

    private mutating func appliesTo(_ json: JSONValue) -> Definition.AppliesTo? {
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

extension JSONValue {
    var isNull: Bool {
        guard case .null = self else { return false }
        return true
    }
}
