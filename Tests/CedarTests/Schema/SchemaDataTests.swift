// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Data by schema: entities and requests that fit, and those that do not")
struct SchemaDataTests {
    private func schema() throws -> Schema {
        try Schema.parse(text: Array(SchemaDataTable.schema.utf8), file: "d.cedarschema").get()
    }

    private func entities(_ json: String) throws -> EntityStore {
        try EntityStore.parse(json: Array(json.utf8), schema: try schema())
    }

    private func uid(_ type: String, _ id: String) throws -> EntityUID { try #require(EntityUID(type, id)) }

    private func json(_ text: String) throws -> JSONNode {
        try JSONDocument.parse(Array(text.utf8), file: "d.json").get().root
    }

    private func check(_ text: String) throws {
        let schema = try schema()
        let object = try json(text)
        let action = try ValueReader.uid(try #require(object["action"]))
        let context = try schema.context(try #require(object["context"]), action: action)
        try schema.check(
            Request(
                principal: try ValueReader.uid(try #require(object["principal"])), action: action,
                resource: try ValueReader.uid(try #require(object["resource"])), context: context))
    }

    @Test("entities that fit", arguments: SchemaDataTable.fittingEntities)
    func fitting(_ json: String) throws { _ = try entities(json) }

    @Test("entities that are refused", arguments: SchemaDataTable.refusedEntities)
    func refused(_ json: String) { #expect(throws: EntityError.self) { try entities(json) } }

    @Test("requests that fit", arguments: SchemaDataTable.fittingRequests)
    func fittingRequests(_ json: String) throws { try check(json) }

    @Test("requests that are refused", arguments: SchemaDataTable.refusedRequests)
    func refusedRequests(_ json: String) { #expect(throws: RequestError.self) { try check(json) } }

    @Test("strings and plain objects become what the schema expects")
    func typed() throws {
        let store = try entities(
            """
            [{"uid": {"type": "User", "id": "a"}, "parents": [], "tags": {"t": "10.0.0.0/8"}, "attrs": {"name": "10.0.0.1",
            "ip": "10.0.0.1", "limit": "1.50", "at": {"fn": "offset", "args": ["1970-01-01", "1d"]}, "span": "1h",
            "boss": {"type": "User", "id": "b"}, "ips": ["10.0.0.2", {"__extn": {"fn": "ip", "arg": "10.0.0.2"}}]}}]
            """)
        let user = try #require(store[try uid("User", "a")])
        #expect(user.attributes["name"] == .string("10.0.0.1"))
        #expect(user.attributes["ip"] == .ip(try IPValue(parsing: "10.0.0.1")))
        #expect(user.attributes["limit"] == .decimal(try DecimalValue(parsing: "1.5")))
        #expect(user.attributes["at"] == .datetime(DatetimeValue(milliseconds: 86_400_000)))
        #expect(user.attributes["span"] == .duration(DurationValue(milliseconds: 3_600_000)))
        #expect(user.attributes["boss"] == .entity(try uid("User", "b")))
        #expect(user.attributes["ips"] == .set([.ip(try IPValue(parsing: "10.0.0.2"))]))
        #expect(user.tags["t"] == .ip(try IPValue(parsing: "10.0.0.0/8")))
    }

    @Test("the schema's actions join the store with their groups")
    func actions() throws {
        let store = try entities("[]")
        #expect(store.count == 2)
        #expect(store.ancestors(of: try uid("Action", "read")) == [try uid("Action", "all")])
    }

    @Test("an error names the entity or the place, and what would be accepted")
    func messages() throws {
        func message(_ attributes: String) -> String {
            do {
                _ = try entities(
                    #"[{"uid": {"type": "User", "id": "a"}, "attrs": {"name": "n", \#(attributes)}, "parents": []}]"#)
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(message(#""home": {"city": 1}"#) == #"entity `User::"a"`: attrs.home.city: expected String, got long"#)
        #expect(message(#""home": {"zip": 1}"#) == "[0].attrs.home: attribute `city` is missing")
        #expect(
            message(#""mode": {"type": "Mode", "id": "x"}"#)
                == #"entity `User::"a"`: attrs.mode: `Mode::"x"` is none of the entities of `Mode`; accepted: "on", "off""#
        )
        #expect(message(#""ips": ["1.1.1.1", "x"]"#).hasPrefix("[0].attrs.ips[1]: `ip`: expected an address such as"))
    }

    @Test("a refused request says what would be accepted")
    func requestMessages() throws {
        let (schema, bare) = (try schema(), try uid("Bare", "b"))
        let action = try uid("Action", "read")
        func error(_ principal: EntityUID, _ context: Record) -> RequestError? {
            do {
                try schema.check(Request(principal: principal, action: action, resource: bare, context: context))
                return nil
            } catch {
                return error
            }
        }
        let n = Record([("n", .long(1))])
        #expect(
            error(try uid("Team", "t"), n)?.description
                == #"action `Action::"read"` does not apply to principal `Team::"t"`; accepted types: `User`, `Mode`"#)
        #expect(error(try uid("Mode", "x"), n)?.description.hasSuffix(#"accepted: "on", "off""#) == true)
        #expect(error(try uid("Nope", "x"), n) == .unknownType(.principal, try uid("Nope", "x")))
        let wrong = Record([("n", .string("1"))])
        #expect(error(try uid("User", "x"), wrong) == .context(path: "n", problem: "expected Long, got string"))
        #expect(
            error(try uid("User", "x"), Record()) == .context(path: "", problem: "attribute `n` is missing"))
    }

    @Test("a context is read by its type, and checked only with the request")
    func contextIsReadOnly() throws {
        let schema = try schema()
        let action = try uid("Action", "read")
        let record = try schema.context(
            try json(#"{"n": "text", "who": {"type": "Team", "id": "t"}}"#), action: action)
        #expect(record["n"] == .string("text"))
        #expect(record["who"] == .entity(try uid("Team", "t")))
        #expect(throws: RequestError.unknownAction(try uid("Action", "x"))) {
            try schema.context(try json("{}"), action: try uid("Action", "x"))
        }
    }

    @Test("data that nests 200 levels is refused or read on a 512 KiB stack")
    func deepData() throws {
        let schema = try schema()
        let action = try uid("Action", "read")
        let deep = String(repeating: "[", count: 200) + "1" + String(repeating: "]", count: 200)
        let json = #"[{"uid": {"type": "User", "id": "a"}, "attrs": {"name": \#(deep)}, "parents": []}]"#
        let entities = SmallStack.run { (try? EntityStore.parse(json: Array(json.utf8), schema: schema)) == nil }
        #expect(entities == true)
        let context = try self.json(#"{"n": \#(deep)}"#)
        let read = SmallStack.run { (try? schema.context(context, action: action))?["n"]?.kind == .set }
        #expect(read == true)
    }
}
