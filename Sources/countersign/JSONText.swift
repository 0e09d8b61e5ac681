// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// JSON for people: two spaces a level, members in the order given.
enum JSONText {
    static func indented(_ value: JSONValue, level: Int = 0) -> String {
        let inner = String(repeating: "  ", count: level + 1)
        let outer = String(repeating: "  ", count: level)
        switch value {
        case .object(let object) where !object.isEmpty:
            let lines = object.members.map { member in
                let key = String(decoding: JSONValue.string(member.key).canonicalBytes(), as: UTF8.self)
                return "\(inner)\(key): \(indented(member.value, level: level + 1))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
        case .array(let elements) where !elements.isEmpty:
            let lines = elements.map { inner + indented($0, level: level + 1) }
            return "[\n\(lines.joined(separator: ",\n"))\n\(outer)]"
        case .null, .bool, .number, .string, .array, .object:
            return String(decoding: value.canonicalBytes(), as: UTF8.self)
        }
    }
}
