// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// Makes the members of a record fit into a leaf: the longest lists and texts lose their ends, and are named.
///
/// A record is never skipped for its size (AUDIT, section 4).
struct MemberCut {
    private(set) var members: JSONObject
    /// Paths of what was cut, sorted, each once; members are joined with dots.
    private(set) var names: [String] = []

    /// Cuts until the canonical form has at most so many bytes, or nothing is left to cut.
    init(_ members: JSONObject, limit: Int) {
        self.members = members
        while JSONValue.object(self.members).canonicalBytes().count > limit,
            let path = Self.longest(.object(self.members), []).path,
            case .object(let shorter) = Self.halved(.object(self.members), path[...])
        {
            self.members = shorter
            let name = path.joined(separator: ".")
            if !names.contains(name) { names.append(name) }
        }
        names.sort()
    }

    /// The longest list or text, and its size.
    private static func longest(_ value: JSONValue, _ path: [String]) -> (size: Int, path: [String]?) {
        switch value {
        case .object(let object):
            var best: (size: Int, path: [String]?) = (0, nil)
            for member in object.members {
                let found = longest(member.value, path + [member.key])
                if found.size > best.size { best = found }
            }
            return best
        case .array(let elements): return elements.isEmpty ? (0, nil) : (value.canonicalBytes().count, path)
        case .string(let text): return text.utf8.count < 16 ? (0, nil) : (text.utf8.count, path)
        case .null, .bool, .number: return (0, nil)
        }
    }

    private static func halved(_ value: JSONValue, _ path: ArraySlice<String>) -> JSONValue {
        switch value {
        case .object(var object):
            guard let name = path.first, let member = object[name] else { return value }
            object[name] = halved(member, path.dropFirst())
            return .object(object)
        case .array(let elements): return .array(Array(elements.prefix(elements.count / 2)))
        case .string(let text): return .string(String(text.prefix(text.count / 2)))
        case .null, .bool, .number: return value
        }
    }
}
