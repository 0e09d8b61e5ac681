// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// A problem in JSON data, with the path that leads to it.
struct DataProblem: Error, Sendable {
    var path: String
    let problem: String

    init(_ problem: String, at path: String = "") {
        self.path = path
        self.problem = problem
    }

    func inside(_ step: String) -> DataProblem {
        DataProblem(problem, at: path.isEmpty || path.hasPrefix("[") ? step + path : step + "." + path)
    }
}

/// Reads values, identities and entities from JSON, with the explicit escapes.
enum ValueReader {
    static func value(_ json: JSONValue) throws(DataProblem) -> Value {
        switch json {
        case .null: throw DataProblem("`null` is never a value; leave the member out")
        case .bool(let value): return .bool(value)
        case .number(let number):
            guard let value = number.int64 else {
                throw DataProblem("`\(number.text)` is no integer of 64 bits in plain notation")
            }
            return .long(value)
        case .string(let value): return .string(value)
        case .array(let elements):
            var values: [Value] = []
            for (index, element) in elements.enumerated() {
                do { values.append(try value(element)) } catch { throw error.inside("[\(index)]") }
            }
            return .set(values)
        case .object(let object):
            if let escaped = try escape(object) { return escaped }
            return .record(try record(object))
        }
    }

    static func record(_ object: JSONObject) throws(DataProblem) -> Record {
        var members: [(String, Value)] = []
        for member in object.members {
            do { members.append((member.key, try value(member.value))) } catch { throw error.inside(member.key) }
        }
        return Record(members)
    }

    /// The value of an escape; `nil` if the object is an ordinary record.
    static func escape(_ object: JSONObject) throws(DataProblem) -> Value? {
        guard object.members.count == 1 else { return nil }
        if let inner = object["__entity"]?.objectValue, inner["type"]?.stringValue != nil,
            inner["id"]?.stringValue != nil
        {
            return .entity(try entity(inner))
        }
        if let inner = object["__extn"]?.objectValue, let call = ExtensionCall(inner) { return try call.evaluate() }
        if object["__expr"]?.stringValue != nil {
            throw DataProblem("`__expr` is no longer supported; use `__entity` or `__extn`")
        }
        return nil
    }

    /// An identity: `{"type","id"}`, or the same inside `__entity`.
    static func uid(_ json: JSONValue) throws(DataProblem) -> EntityUID {
        guard let object = json.objectValue else {
            throw DataProblem("expected an entity as `{\"type\": ..., \"id\": ...}`, got \(json.kind)")
        }
        if let inner = object["__entity"]?.objectValue { return try entity(inner) }
        return try entity(object)
    }

    private static func entity(_ object: JSONObject) throws(DataProblem) -> EntityUID {
        guard let type = object["type"]?.stringValue, let id = object["id"]?.stringValue else {
            throw DataProblem("expected an entity as `{\"type\": ..., \"id\": ...}`")
        }
        guard let name = EntityTypeName(type) else {
            throw DataProblem("`\(CedarString.escaped(type))` is no entity type such as `User` or `Acme::User`")
        }
        return EntityUID(type: name, id: id)
    }
}

/// The inside of an `__extn` escape.
struct ExtensionCall {
    let name: String
    let arguments: [JSONValue]

    /// `nil` if the object does not have the shape of a call.
    init?(_ object: JSONObject) {
        guard let name = object["fn"]?.stringValue else { return nil }
        self.name = name
        if let argument = object["arg"] {
            arguments = [argument]
        } else if let list = object["args"]?.arrayValue {
            arguments = list
        } else {
            return nil
        }
    }

    func function() throws(DataProblem) -> ExtensionFunction {
        guard let function = ExtensionFunction.byName[ByteKey(name)], function != .unknown else {
            throw DataProblem("there is no extension function `\(CedarString.escaped(name))`")
        }
        return function
    }

    func evaluate() throws(DataProblem) -> Value {
        let function = try function()
        var values: [Value] = []
        for argument in arguments { values.append(try ValueReader.value(argument)) }
        do { return try function.apply(values) } catch { throw DataProblem(error.description) }
    }
}
