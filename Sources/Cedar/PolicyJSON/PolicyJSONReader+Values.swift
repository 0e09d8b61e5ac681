// SPDX-License-Identifier: Apache-2.0

extension PolicyJSONReader {
    /// Reads a value as an expression; an `__extn` escape becomes a call that is evaluated with the policy.
    mutating func value(_ json: JSONNode) -> Expression? {
        switch json.kind {
        case .null:
            report("`null` is never a value")
            return nil
        case .boolean: return json.boolValue.flatMap { make(.literal(.bool($0))) }
        case .number:
            guard let value = json.int64Value else {
                report("`\(json.excerpt)` is no integer of 64 bits in plain notation")
                return nil
            }
            return make(.literal(.long(value)))
        case .string: return json.stringValue.flatMap { make(.literal(.string(Expression.Name($0)))) }
        case .array:
            guard let list = array(json) else { return nil }
            return elements(of: list) { reader, json in reader.nestedValue(json) }.flatMap { make(.set($0)) }
        case .object:
            guard let object = object(json) else { return nil }
            if let escape = Escape(object) {
                guard !json.holdsForeignNumber else {
                    report("it holds a number that is no integer of 64 bits in plain notation")
                    return nil
                }
                return self.escape(escape, json)
            }
            let fields = members(of: object) { reader, key, json -> Expression.Field? in
                reader.nestedValue(json).map { Expression.Field(key: Expression.Name(key), value: $0) }
            }
            return fields.flatMap { fields in make(.record(fields.sorted { $0.key < $1.key })) }
        }
    }

    private mutating func nestedValue(_ json: JSONNode) -> Expression? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Expression.maximumDepth else {
            report("the value nests more deeply than \(Expression.maximumDepth) levels")
            return nil
        }
        return value(json)
    }

    /// An object that is more than a record: exactly one member, named and shaped so.
    private enum Escape {
        case entity
        case call(ExtensionCall)
        case legacy

        init?(_ object: JSONNode.Members) {
            guard object.count == 1 else { return nil }
            if let inner = object["__entity"]?.objectValue, inner["type"]?.kind == .string,
                inner["id"]?.kind == .string
            {
                self = .entity
            } else if let inner = object["__extn"]?.objectValue, let call = ExtensionCall(inner) {
                self = .call(call)
            } else if object["__expr"]?.kind == .string {
                self = .legacy
            } else {
                return nil
            }
        }
    }

    private mutating func escape(_ escape: Escape, _ json: JSONNode) -> Expression? {
        switch escape {
        case .entity: return uid(json).flatMap { make(.literal(.entity($0))) }
        case .legacy:
            report("`__expr` is no longer supported", expected: "`__entity` or `__extn`")
            return nil
        case .call(let call):
            guard Identifier.isPath(call.name) else {
                report("`\(CedarString.escaped(call.name))` is no name of a function")
                return nil
            }
            let arguments = elements(of: call.arguments) { reader, json in reader.nestedValue(json) }
            // A function that does not exist is found out at run time, like any other failure of the call.
            let function = ExtensionFunction.byName[ByteKey(call.name)] ?? .unknown
            return arguments.flatMap { make(.call(function, $0)) }
        }
    }
}
