// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Cedar

@Suite("Compiled engine: decides the public corpus as the reference evaluation does")
struct CorpusTests {
    private static let archive = Bundle.module.url(forResource: "Conformance/corpus-dev", withExtension: "tar.gz")
    private static let tar = ["/usr/bin/tar", "/bin/tar"].first { FileManager.default.isExecutableFile(atPath: $0) }

    private struct Tally {
        var requests = 0
        var asExpected = 0
        var differences: [String] = []
    }

    /// Without the schema some cases cannot be read, and some contexts have other kinds of values; both ways of
    /// deciding must agree all the same.
    @Test("on requests that can be read without a schema", .enabled(if: archive != nil && tar != nil))
    func corpus() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cedar-corpus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.tar))
        process.arguments = ["-xzf", try #require(Self.archive).path, "-C", folder.path]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        var tally = Tally()
        let tests = folder.appending(path: "corpus-tests")
        let names = try FileManager.default.contentsOfDirectory(atPath: tests.path).sorted()
        let cases = names.filter { $0.hasSuffix(".json") && !$0.hasSuffix(".entities.json") }
        // A third of them, spread over the whole, keeps unoptimized builds quick; the conformance command runs all.
        for (number, name) in cases.enumerated() where number % 3 == 0 {
            try decide(String(name.dropLast(5)), in: tests, &tally)
        }
        #expect(tally.differences.isEmpty)
        #expect(tally.requests > 5000)
        #expect(tally.asExpected * 100 > tally.requests * 95, "\(tally.asExpected) of \(tally.requests)")
    }

    private func decide(_ name: String, in folder: URL, _ tally: inout Tally) throws {
        func bytes(_ suffix: String) throws -> [UInt8] {
            Array(try Data(contentsOf: folder.appending(path: name + suffix)))
        }
        let source = PolicySource(file: name, bytes: try bytes(".cedar"))
        guard let set = PolicySet.parse([source], naming: .sequential).policies,
            let base = try? EntityStore.parse(json: try bytes(".entities.json")),
            let requests = try JSONDocument.parse(try bytes(".json"), file: name).get().root["requests"]?.arrayValue
        else { return }
        let engine = PolicyEngine(policies: set, entities: base)
        for (number, json) in requests.enumerated() {
            guard let request = request(json) else { continue }
            let (actual, expected) = (try engine.authorize(request), try engine.authorizeByReference(request))
            if actual != expected { tally.differences.append("\(name) \(number)") }
            tally.requests += 1
            if actual.decision.rawValue == json["decision"]?.stringValue { tally.asExpected += 1 }
        }
    }

    private func request(_ json: JSONNode) -> Request? {
        guard let principal = json["principal"].flatMap({ try? ValueReader.uid($0) }),
            let action = json["action"].flatMap({ try? ValueReader.uid($0) }),
            let resource = json["resource"].flatMap({ try? ValueReader.uid($0) }),
            let context = json["context"]?.objectValue.flatMap({ try? ValueReader.record($0) })
        else { return nil }
        return Request(principal: principal, action: action, resource: resource, context: context)
    }
}
