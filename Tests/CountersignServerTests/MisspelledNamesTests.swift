// SPDX-License-Identifier: Apache-2.0

import CountersignServer
import Foundation
import Testing

@Suite("Names in policies that nothing has: a warning with what is near")
struct MisspelledNamesTests {
    /// The warnings by `check` without the file's folder; anything but a warning makes the test fail.
    private func warnings(_ policies: String, entities: String = "[]") throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(
            at: folder.appending(path: "policies"), withIntermediateDirectories: true)
        let text = """
            providers: { hub: { issuer: "https://hub.test/", audiences: [a] }, carriers: { type: api_key } }
            apis:
              shipments:
                providers: [hub, carriers]
                routes: [{ name: ship.read, match: { path: "/{id}" } }, { name: ship.list, match: { path: / } }]
            policies: { entities: [e.json] }
            """
        for (name, content) in [("c.yaml", text), ("e.json", entities), ("policies/p.cedar", policies)] {
            try Data(content.utf8).write(to: folder.appending(path: name))
        }
        let problems = ConfigurationCheck.problems(folder.appending(path: "c.yaml").path)
        #expect(problems.allSatisfy { $0.isWarning }, "\(problems)")
        return problems.map { $0.description.replacingOccurrences(of: folder.path + "/policies/", with: "") }
    }

    @Test(
        "names of routes, APIs, providers and annotations",
        arguments: [
            ("permit (principal, action, resource in Api::\"shipment\");", 40, "`Api::\"shipments\"`"),
            ("permit (principal, action, resource == Route::\"ship.raed\");", 40, "`Route::\"ship.read\"`"),
            ("permit (principal == User::\"hubb/x\", action, resource);", 22, "`User::\"hub/x\"`"),
            ("permit (principal == Client::\"dhl\", action, resource);", 22, "`Client::\"carriers/dhl\"`"),
            ("@reson(\"x\") forbid (principal, action, resource);", 1, "`@reason`"),
            ("@Id(\"x\") forbid (principal, action, resource);", 1, "`@id`"),
        ])
    func misspelled(_ text: String, column: Int, nearest: String) throws {
        let found = try warnings("// A comment.\n" + text)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix("p.cedar:2:\(column): warning: ") == true, "\(found)")
        #expect(found.first?.contains(nearest) == true, "\(found)")
    }

    @Test("what is known, and what only resembles, is not warned of")
    func known() throws {
        let text = """
            @id("a") @owner("o") @reason("r")
            permit (principal == User::"hub/x", action, resource in Api::"shipments");
            @obligation("log")
            permit (principal == Client::"carriers/dhl", action, resource == Route::"ship.read");
            permit (principal == User::"guest", action, resource);
            permit (principal in Role::"any", action, resource);
            """
        let guest = "[{\"uid\": {\"type\": \"User\", \"id\": \"guest\"}, \"attrs\": {}, \"parents\": []}]"
        #expect(try warnings(text, entities: guest) == [])
    }
}
