// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

/// One folder of `Examples/policies`.
struct WorkedExample {
    /// A request with everything that the service would bring, and what becomes of it.
    struct Question {
        let title: String
        let why: String
        let request: Request
        /// Principal and resource as tokens, routes and base entities make them.
        let entities: [Entity]
        let decision: Decision
        let determining: [PolicyID]
        let errors: [PolicyID]

        /// The row of the page's table.
        var row: String {
            let ids = determining.map { "`\($0)`" }.joined(separator: ", ")
            return "| \(title) | \(decision.rawValue) | \(ids.isEmpty ? "none" : ids) | \(why) |"
        }
    }

    static let folder = "Examples/policies"

    static var names: [String] {
        get throws { try DocumentationFiles.names(in: folder) }
    }

    let name: String
    let schema: Schema
    /// What decides: all policy files of the folder.
    let policies: PolicySet
    /// The base entities, with the actions that every deployment has.
    let entities: EntityStore
    let questions: [Question]

    init(_ name: String) throws {
        self.name = name
        let schema = try Schema.parse(text: try Self.bytes("schema.cedarschema", of: name), file: name).get()
        self.schema = schema
        let files = try Self.files(of: name).filter(PolicySource.isPolicyFile)
        policies = try PolicySet.parse(
            files: files.map { PolicySource(file: $0, bytes: try Self.bytes($0, of: name)) }
        ).get()
        let own = try EntityStore.parse(json: try Self.bytes("entities.json", of: name))
        entities = try EntityStore(own.entities + schema.store([]).entities)
        let document = try JSONDocument.parse(try Self.bytes("requests.json", of: name), file: name).get()
        questions = try #require(document.root.arrayValue).map { try Self.question($0, schema) }
    }

    static func files(of name: String) throws -> [String] { try DocumentationFiles.names(in: "\(folder)/\(name)") }

    static func bytes(_ file: String, of name: String) throws -> [UInt8] {
        Array(try DocumentationFiles.text("\(folder)/\(name)/\(file)").utf8)
    }

    /// The policies as `policies.cedar` has them.
    static func text(of name: String) throws -> PolicySet {
        try PolicySet.parse([PolicySource(file: name, bytes: try bytes("policies.cedar", of: name))]).get()
    }

    private static func question(_ json: JSONNode, _ schema: Schema) throws -> Question {
        func uid(_ key: String) throws -> EntityUID { try ValueReader.uid(try #require(json[key])) }
        func ids(_ key: String) throws -> [PolicyID] {
            try #require(json[key]?.arrayValue).map { PolicyID(try #require($0.stringValue)) }
        }
        let action = try uid("action")
        let context = try schema.context(try #require(json["context"]), action: action)
        let request = Request(
            principal: try uid("principal"), action: action, resource: try uid("resource"), context: context)
        try schema.check(request)
        let brought = try schema.store(json: try #require(json["entities"]))
        let decision = try #require(json["decision"]?.stringValue)
        return Question(
            title: try #require(json["title"]?.stringValue), why: try #require(json["why"]?.stringValue),
            request: request, entities: brought.entities.filter { !$0.uid.type.isAction },
            decision: try #require(Decision(rawValue: decision)),
            determining: try ids("determining"), errors: try ids("errors"))
    }
}
