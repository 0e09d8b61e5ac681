// SPDX-License-Identifier: Apache-2.0

/// Reads values from JSON where the schema says what is expected, so that entities and extension values need no escape.
///
/// What comes out still has to be checked: a string is read as a string even where a number is expected.
struct TypedValueReader {
    let model: SchemaModel

    func value(_ json: JSONNode, expecting type: TypeID) throws(DataProblem) -> Value {
        switch model.types[type] {
        case .entity: return .entity(try ValueReader.uid(json))
        case .decimal: return try extensionValue(json, .decimal)
        case .ip: return try extensionValue(json, .ip)
        case .datetime: return try extensionValue(json, .datetime)
        case .duration: return try extensionValue(json, .duration)
        case .set(let element): return try set(json, of: element)
        case .record(let fields):
            guard let object = json.objectValue else {
                throw DataProblem("expected an object, got \(json.kind.rawValue)")
            }
            return .record(try record(object, fields))
        case .never, .yes, .no, .bool, .long, .string: return try ValueReader.value(json)
        }
    }

    private func set(_ json: JSONNode, of element: TypeID) throws(DataProblem) -> Value {
        guard let elements = json.arrayValue else {
            throw DataProblem("expected an array, got \(json.kind.rawValue)")
        }
        return .set(
            try ValueReader.elements(elements) { json throws(DataProblem) in try value(json, expecting: element) })
    }

    /// Reads the attributes of an entity or a record; each must be declared, the required ones must be there.
    func record(_ object: JSONNode.Members, _ fields: [TypeField]) throws(DataProblem) -> Record {
        var expected: [ByteKey: TypeField] = [:]
        for field in fields { expected[ByteKey(model.types.names[field.name])] = field }
        var members: [(String, Value)] = []
        members.reserveCapacity(object.count)
        for member in object {
            let key = member.key
            guard let field = expected.removeValue(forKey: ByteKey(key)) else {
                throw DataProblem(undeclared(key, fields))
            }
            do { members.append((key, try value(member.value, expecting: field.type))) } catch {
                throw error.inside(.key(key))
            }
        }
        if let missing = expected.filter({ $0.value.isRequired }).keys.min() {
            throw DataProblem("attribute `\(CedarString.escaped(missing.text))` is missing")
        }
        return Record(members)
    }

    private func undeclared(_ name: String, _ fields: [TypeField]) -> String {
        let names = fields.prefix(20).map { "`\(CedarString.escaped(model.types.names[$0.name]))`" }.sorted()
        let accepted = names.isEmpty ? "none" : names.joined(separator: ", ")
        return "attribute `\(CedarString.escaped(name))` is not declared; declared: \(accepted)"
    }

    /// Reads tags, each of the same type.
    func tags(_ object: JSONNode.Members, of type: TypeID) throws(DataProblem) -> Record {
        Record(try ValueReader.members(object) { json throws(DataProblem) in try value(json, expecting: type) })
    }

    // MARK: Extension values

    /// Reads an `__extn` escape, the same without the escape, or anything else as the argument of the constructor.
    private func extensionValue(_ json: JSONNode, _ constructor: ExtensionFunction) throws(DataProblem) -> Value {
        if let object = json.objectValue {
            if object["__expr"]?.kind == .string {
                throw DataProblem("`__expr` is no longer supported; use `__extn`")
            }
            if let inner = object["__extn"]?.objectValue, let call = ExtensionCall(inner) { return try evaluate(call) }
            if let call = ExtensionCall(object) { return try evaluate(call) }
        }
        return try apply(constructor, [try ValueReader.value(json)])
    }

    private func evaluate(_ call: ExtensionCall) throws(DataProblem) -> Value {
        let function = try call.function()
        guard call.arguments.count == function.parameters.count else {
            throw DataProblem(
                "`\(function.rawValue)` takes \(function.parameters.count) arguments, got \(call.arguments.count)")
        }
        var values: [Value] = []
        for (argument, kind) in zip(call.arguments, function.parameters) {
            if let constructor = kind.constructor {
                values.append(try extensionValue(argument, constructor))
            } else {
                values.append(try ValueReader.value(argument))
            }
        }
        return try apply(function, values)
    }

    private func apply(_ function: ExtensionFunction, _ arguments: [Value]) throws(DataProblem) -> Value {
        do { return try function.apply(arguments) } catch { throw DataProblem(error.description) }
    }
}

extension ValueKind {
    /// The function that makes values of an extension type from a string.
    var constructor: ExtensionFunction? {
        switch self {
        case .decimal: .decimal
        case .ip: .ip
        case .datetime: .datetime
        case .duration: .duration
        case .bool, .long, .string, .entity, .set, .record: nil
        }
    }
}
