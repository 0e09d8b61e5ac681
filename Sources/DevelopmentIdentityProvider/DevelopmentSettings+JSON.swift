// SPDX-License-Identifier: Apache-2.0
import StrictJSON

extension DevelopmentSettings {
    /// What is wrong with a file of settings.
    package struct FileProblem: Error, CustomStringConvertible {
        package let description: String
    }

    /// Takes users and clients from a JSON object; what it does not name stays as it was.
    ///
    /// `{"users":[{"name","password","claims":{}}],"clients":[{"id","secret","scopes":[],"claims":{}}]}`; `password`
    /// defaults to the name, a client without `secret` is public.
    ///
    /// - Throws: ``FileProblem`` with the first member that is not as it should be.
    package mutating func read(_ file: [UInt8]) throws(FileProblem) {
        guard let root = (try? JSONValue.parse(file))?.objectValue else {
            throw FileProblem(description: "must be a JSON object with `users` and `clients`")
        }
        for member in root.members where member.key != "users" && member.key != "clients" {
            throw FileProblem(description: "`\(member.key)` is not known; known are `users` and `clients`")
        }
        if let list = root["users"] {
            users = try Self.entries(list, "users", ["name", "password", "claims"]).map {
                entry throws(FileProblem) -> User in
                let name = try Self.text(entry, "name", in: "users")
                return User(
                    name: name, password: entry["password"]?.stringValue ?? name,
                    claims: entry["claims"]?.objectValue ?? JSONObject())
            }
        }
        if let list = root["clients"] {
            clients = try Self.entries(list, "clients", ["id", "secret", "scopes", "claims"]).map {
                entry throws(FileProblem) -> Client in
                Client(
                    id: try Self.text(entry, "id", in: "clients"), secret: entry["secret"]?.stringValue,
                    scopes: entry["scopes"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                    claims: entry["claims"]?.objectValue ?? JSONObject())
            }
        }
    }

    private static func entries(
        _ list: JSONValue, _ name: String, _ known: [String]
    ) throws(FileProblem) -> [JSONObject] {
        let entries = list.arrayValue?.compactMap(\.objectValue) ?? []
        guard let array = list.arrayValue, array.count == entries.count else {
            throw FileProblem(description: "`\(name)` must be an array of objects")
        }
        for member in entries.flatMap(\.members) where !known.contains(member.key) {
            let list = known.map { "`\($0)`" }.joined(separator: ", ")
            throw FileProblem(description: "`\(member.key)` in `\(name)` is not known; known are \(list)")
        }
        return entries
    }

    private static func text(_ entry: JSONObject, _ key: String, in list: String) throws(FileProblem) -> String {
        guard let text = entry[key]?.stringValue, !text.isEmpty else {
            throw FileProblem(description: "every entry of `\(list)` must have a `\(key)`")
        }
        return text
    }
}
