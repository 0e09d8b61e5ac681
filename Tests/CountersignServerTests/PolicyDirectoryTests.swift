// SPDX-License-Identifier: Apache-2.0

import CountersignServer
import Foundation
import Testing

@Suite("The policy directory as deployments have it")
struct PolicyDirectoryTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "policies-\(UUID().uuidString)")

    private func write(_ text: String, to path: String) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// What `check` says of a configuration whose policies stand in `policies`.
    private func problems() throws -> [String] {
        defer { try? FileManager.default.removeItem(at: folder) }
        try write(
            """
            apis: { a: { routes: [{ name: r, match: { path: / }, authentication: optional }] } }
            policies: { directory: policies }
            audit: { mode: off }
            """, to: "countersign.yaml")
        return ConfigurationCheck.problems(folder.appending(path: "countersign.yaml").path).map(\.message)
    }

    private static let permit = "@id(\"all\") permit(principal, action, resource);"

    @Test("one policy is enough")
    func usual() throws {
        try write(Self.permit, to: "policies/a.cedar")
        #expect(try problems() == [])
    }

    @Test("a directory without policies is refused: everything would be denied")
    func empty() throws {
        try write("nothing", to: "policies/README.md")
        let problems = try problems()
        #expect(problems.contains { $0.hasPrefix("holds no policies") }, "\(problems)")
    }

    @Test("a directory that is not there is refused")
    func missing() throws {
        let problems = try problems()
        #expect(!problems.isEmpty)
    }

    @Test("a ConfigMap of Kubernetes: links to files of a hidden folder, each policy counted once")
    func configMap() throws {
        try write(Self.permit, to: "policies/..2026_11_25_13_00_00.1/a.cedar")
        let policies = folder.appending(path: "policies").path
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: policies + "/..data", withDestinationPath: "..2026_11_25_13_00_00.1")
        try manager.createSymbolicLink(atPath: policies + "/a.cedar", withDestinationPath: "..data/a.cedar")
        #expect(try problems() == [])
    }
}
