// SPDX-License-Identifier: Apache-2.0

import CountersignServer
import Foundation
import Testing

@Suite("Worked examples of policies: as the service reads them")
struct ExampleConfigurationTests {
    private static let folder = (0..<3).reduce(URL(filePath: #filePath).resolvingSymlinksInPath()) { url, _ in
        url.deletingLastPathComponent()
    }.appending(path: "Examples/policies")

    private static var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }

    @Test("configuration, policies and entities are in order, without a warning", arguments: try names)
    func inOrder(_ name: String) {
        let file = Self.folder.appending(path: "\(name)/countersign.yaml")
        #expect(ConfigurationCheck.problems(file.path).map(\.description) == [])
    }

    @Test("the schema beside them is the one that is generated", arguments: try names)
    func schema(_ name: String) throws {
        let folder = Self.folder.appending(path: name)
        let generated = ConfigurationCheck.schema(folder.appending(path: "countersign.yaml").path, asJSON: false)
        let kept = String(
            decoding: try Data(contentsOf: folder.appending(path: "schema.cedarschema")), as: UTF8.self)
        #expect(generated.text?.trimmingCharacters(in: .newlines) == kept.trimmingCharacters(in: .newlines))
    }
}
