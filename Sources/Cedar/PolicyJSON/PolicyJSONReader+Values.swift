// SPDX-License-Identifier: Apache-2.0

import StrictJSON

extension PolicyJSONReader {
    /// Reads a value as an expression; an `__extn` escape becomes a call that is evaluated with the policy.
    mutating func value(_ json: JSONValue) -> Expression? {
        switch json {
        case .null:
            report("`null` is never a value")
            return nil
        case .bool(let value): return make(.literal(.bool(value)))
        case .number(let number):
            guard let value = number.int64 else {
                report("`\(number.text.prefix(60))` is no integer of 64 bits in plain notation")
                return nil
            }
            return make(.literal(.long(value)))
        case .string(let text): return make(.literal(.string(Expression.Name(text))))
        case .array(let list):
            return elements(of: list) { reader, json in reader.nestedValue(json) }.flatMap { make(.set($0)) }
        case .object(let object):
            if let escape = Escape(object) {
                guard !Self.holdsForeignNumber(object) else {
                    report("it holds a number that is no integer of 64 bits in plain notation")
                    return nil
                }
                return self.escape(escape, json)
            }
            let fields = members(of: object) { reader, _, member -> Expression.Field? in
                reader.nestedValue(member.value).map { Expression.Field(key: Expression.Name(member.key), value: $0) }
            }
            return fields.flatMap { fields in make(.record(fields.sorted { $0.key < $1.key })) }
        }
    }

    private mutating func nestedValue(_ json: JSONValue) -> Expression? {
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

        init?(_ object: JSONObject) {
            guard object.count == 1 else { return nil }
            if let inner = object["__entity"]?.objectValue, inner["type"]?.stringValue != nil,
                inner["id"]?.stringValue != nil
            {
                self = .entity
            } else if let inner = object["__extn"]?.objectValue, let call = ExtensionCall(inner) {
                self = .call(call)
            } else if object["__expr"]?.stringValue != nil {
                self = .legacy
            } else {
                return nil
            }
        }
    }

    /// Whether there is a number that no value can be, in members that an escape passes over too.
    private static func holdsForeignNumber(_ object: JSONObject) -> Bool {
        var open = object.members.map(\.value)
        while let json = open.popLast() {
            switch json {
            case .number(let number): if number.int64 == nil { return true }
            case .array(let elements): open += elements
            case .object(let inner): open += inner.members.map(\.value)
            case .null, .bool, .string: break
            }
        }
        return false
    }

    private mutating func escape(_ escape: Escape, _ json: JSONValue) -> Expression? {
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
