// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Entities files: every problem with its line and column")
struct EntityDiagnosisTests {
    private static let schema = """
        entity Group; entity User in Group { name: String, "a.b"?: { c: Long } } tags Long;
        action read appliesTo { principal: User, resource: User };
        """

    private func findings(_ text: String, conforming: Bool = true) throws -> [String] {
        let schema = try Schema.parse(text: Array(Self.schema.utf8), file: "s").get()
        let result = EntityStore.parse(json: Array(text.utf8), file: "e", schema: conforming ? schema : nil)
        #expect((result.entities == nil) == !result.diagnostics.isEmpty)
        return result.diagnostics.map(\.description)
    }

    @Test("problems of all entities are told, each at its value")
    func several() throws {
        let found = try findings(
            """
            [{"uid": {"type": "User", "id": "a"}, "parents": [],
              "attrs": {"name": 5}},
             {"uid": {"type": "Nope", "id": "a"}, "attrs": {}, "parents": []},
             {"uid": {"type": "User", "id": "b"}, "attrs": {"name": "x", "a.b": {"c": "é"}}, "parents": []},
             {"uid": {"type": "User", "id": "c"}, "attrs": {"name": "x"}, "tags": {"t": true},
              "parents": [{"type": "Group", "id": "g"}, {"type": "User", "id": "a"}]},
             {"uid": {"type": "User", "id": "d"}, "attrs": {}, "parents": []}]
            """)
        #expect(
            found.map { $0.prefix(while: { $0 != " " }) } == ["e:2:21:", "e:3:10:", "e:4:75:", "e:5:77:", "e:7:48:"])
        #expect(found[1].contains("`Nope` is not a declared entity type"))
        #expect(found[2].contains("`[2].attrs.a.b.c`: expected"))
        #expect(found.last?.contains("attribute `name` is missing") == true)
    }

    @Test("without a schema, what no file may hold")
    func plain() throws {
        let found = try findings("[\n{\"uid\": 1, \"attrs\": {}, \"parents\": []},\n {}, 7]", conforming: false)
        #expect(found.map { $0.prefix(while: { $0 != " " }) } == ["e:2:9:", "e:3:2:", "e:3:6:"])
        #expect(try findings("[]").isEmpty)
        #expect(try findings("{}") == ["e:1:1: error: expected an array of entities, got object"])
        #expect(try findings("[\n[1,]").first?.hasPrefix("e:2:4: error:") == true)
    }

    @Test("circles and duplicates are found where an entity stands")
    func graphs() throws {
        func user(_ id: String, _ parent: String) -> String {
            #"{"uid": {"type": "U", "id": "\#(id)"}, "attrs": {}, "parents": [{"type": "U", "id": "\#(parent)"}]}"#
        }
        let circle = try findings("[\(user("a", "b")),\n\(user("b", "a"))]", conforming: false)
        #expect(circle.count == 1 && circle.first?.contains("must not form a circle") == true)
        let twice = try findings("[\(user("a", "b")),\n\(user("a", "c"))]", conforming: false)
        #expect(twice.count == 1 && twice.first?.hasPrefix("e:2:1: error: there are two different") == true)
    }

    @Test("an action that differs from its declaration is found where it stands")
    func actions() throws {
        let text =
            #"[{"uid": {"type": "Action", "id": "read"}, "attrs": {}, "parents": [{"type": "Action", "id": "x"}]}]"#
        #expect(try findings(text).first?.hasPrefix("e:1:") == true)
    }
}
