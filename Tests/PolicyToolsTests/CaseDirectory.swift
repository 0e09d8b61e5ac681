// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A temporary directory with files, removed when it goes out of use.
final class CaseDirectory: Sendable {
    let path: String

    init(_ files: [String: String] = [:]) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("cases-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, content) in files { try write(content, to: name) }
    }

    func write(_ content: String, to name: String) throws { try write(Array(content.utf8), to: name) }

    func write(_ content: [UInt8], to name: String) throws {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: url)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
    }

    func text(_ name: String) -> String? {
        FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A sound case in pieces that tests change.
enum SampleCase {
    static let policies =
        "permit(principal == User::\"a\", action, resource); forbid(principal, action, resource) when { context.n > 2 };"
    static let schema =
        "entity User, Doc; action read appliesTo { principal: User, resource: Doc, context: { n: Long } };"
    static let entities = "[]"

    static func request(_ fields: [String: String] = [:]) -> String {
        var members = [
            "description": "\"r\"", "principal": #"{"type":"User","id":"a"}"#,
            "action": #"{"__entity":{"type":"Action","id":"read"}}"#, "resource": #"{"type":"Doc","id":"d"}"#,
            "context": #"{"n":1}"#, "decision": "\"allow\"", "reason": #"["policy0"]"#, "errors": "[]",
        ]
        for (name, value) in fields { members[name] = value }
        return object(members)
    }

    static func json(_ fields: [String: String] = [:], requests: [String] = [request()]) -> String {
        var members = [
            "policies": "\"p.cedar\"", "entities": "\"e.json\"", "schema": "\"s.cedarschema\"",
            "requests": "[\(requests.joined(separator: ","))]",
        ]
        for (name, value) in fields { members[name] = value }
        return object(members)
    }

    /// An empty value leaves the member out.
    private static func object(_ members: [String: String]) -> String {
        let list = members.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        return "{" + list.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    /// The files that cases name, besides one case.
    static func files(_ json: String, policies: String = policies, schema: String = schema, entities: String = entities)
        -> [String: String]
    {
        ["case.json": json, "p.cedar": policies, "s.cedarschema": schema, "e.json": entities]
    }
}
