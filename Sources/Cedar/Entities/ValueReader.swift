// SPDX-License-Identifier: Apache-2.0

/// Reads values, identities and entities from JSON, with the explicit escapes.
enum ValueReader {
    static func value(_ json: JSONNode) throws(DataProblem) -> Value {
        if let text = json.stringValue { return .string(text) }
        if let object = json.objectValue {
            if let escaped = try escape(object) { return escaped }
            return .record(try record(object))
        }
        if let elements = json.arrayValue {
            return .set(try self.elements(elements) { element throws(DataProblem) in try value(element) })
        }
        if let flag = json.boolValue { return .bool(flag) }
        guard !json.isNull else { throw DataProblem("`null` is never a value; leave the member out") }
        guard let value = json.int64Value else {
            throw DataProblem("`\(json.excerpt)` is no integer of 64 bits in plain notation")
        }
        return .long(value)
    }

    static func record(_ object: JSONNode.Members) throws(DataProblem) -> Record {
        Record(try members(object) { json throws(DataProblem) in try value(json) })
    }

    /// Reads every element; a problem says in which one.
    static func elements<Result>(
        _ elements: JSONNode.Elements, _ read: (JSONNode) throws(DataProblem) -> Result
    ) throws(DataProblem) -> [Result] {
        var results: [Result] = []
        results.reserveCapacity(elements.count)
        for element in elements {
            do { results.append(try read(element)) } catch { throw error.inside(.index(results.count)) }
        }
        return results
    }

    /// Reads the value of every member; a problem says in which one.
    static func members(
        _ object: JSONNode.Members, _ read: (JSONNode) throws(DataProblem) -> Value
    ) throws(DataProblem) -> [(String, Value)] {
        var results: [(String, Value)] = []
        results.reserveCapacity(object.count)
        for member in object {
            let key = member.key
            do { results.append((key, try read(member.value))) } catch { throw error.inside(.key(key)) }
        }
        return results
    }

    /// The value of an escape; `nil` if the object is an ordinary record.
    static func escape(_ object: JSONNode.Members) throws(DataProblem) -> Value? {
        guard object.count == 1 else { return nil }
        if let inner = object["__entity"]?.objectValue, inner["type"]?.kind == .string, inner["id"]?.kind == .string {
            return .entity(try entity(inner))
        }
        if let inner = object["__extn"]?.objectValue, let call = ExtensionCall(inner) { return try call.evaluate() }
        if object["__expr"]?.kind == .string {
            throw DataProblem("`__expr` is no longer supported; use `__entity` or `__extn`")
        }
        return nil
    }

    /// An identity: `{"type","id"}`, or the same inside `__entity`.
    static func uid(_ json: JSONNode) throws(DataProblem) -> EntityUID {
        guard let object = json.objectValue else {
            throw DataProblem("expected an entity as `{\"type\": ..., \"id\": ...}`, got \(json.kind.rawValue)")
        }
        if let inner = object["__entity"]?.objectValue { return try entity(inner) }
        return try entity(object)
    }

    private static func entity(_ object: JSONNode.Members) throws(DataProblem) -> EntityUID {
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
    let arguments: [JSONNode]

    /// `nil` if the object does not have the shape of a call.
    init?(_ object: JSONNode.Members) {
        guard let name = object["fn"]?.stringValue else { return nil }
        self.name = name
        if let argument = object["arg"] {
            arguments = [argument]
        } else if let list = object["args"]?.arrayValue {
            arguments = Array(list)
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
