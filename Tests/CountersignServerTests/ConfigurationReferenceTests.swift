// SPDX-License-Identifier: Apache-2.0

import CountersignServer
import Foundation
import Testing

@Suite("The reference of the configuration: it names what is read")
struct ConfigurationReferenceTests {
    private static let folder = (0..<3).reduce(URL(filePath: #filePath).resolvingSymlinksInPath()) { url, _ in
        url.deletingLastPathComponent()
    }
    private static let example = folder.appending(path: "Examples/configuration/countersign.yaml").path

    @Test("the complete example is in order")
    func example() {
        #expect(ServerConfiguration.read(Self.example).problems.map(\.description) == [])
    }

    @Test("the page has every key that is read, and no other")
    func keys() throws {
        let page = String(
            decoding: try Data(contentsOf: Self.folder.appending(path: "docs/configuration.md")), as: UTF8.self)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let named = Set(
            rows.flatMap { row in
                row.split(separator: "|")[0].split(separator: "`").map(String.init)
                    .filter { $0.contains { $0.isLetter } }
            })
        let read = try Self.read()
        #expect(read.subtracting(named).sorted() == [])
        #expect(named.subtracting(read).sorted() == [])
    }

    /// What reading the example, all kinds of providers, and what excludes the example's sections, looks for.
    private static func read() throws -> Set<String> {
        let identity = folder.appending(path: "Examples/identity")
        var files = try FileManager.default.contentsOfDirectory(atPath: identity.path).map {
            identity.appending(path: "\($0)/countersign.yaml").path
        }
        let more = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: more) }
        let text = """
            providers: { p: { type: introspection, token: {}, claims: {} } }
            audit: { archive: { s3: { bucket: evidence } }, witnesses: [{}] }
            witness: {}
            """
        try Data(text.utf8).write(to: more)
        files += [example, more.path]
        let keys = Set(files.flatMap { ServerConfiguration.keysRead($0) }.map(general))
        // A nested `introspection` is read as a provider of that type is.
        let nested = keys.filter {
            !$0.hasPrefix("providers.*.introspection.claims.") && !$0.hasPrefix("providers.*.introspection.token.")
        }
        return nested.filter { key in !nested.contains { $0.hasPrefix("\(key).") || $0.hasPrefix("\(key)[]") } }
    }

    /// A path with `*` for what is named by the operator and `[]` for entries of lists.
    private static func general(_ key: String) -> String {
        var parts = key.split(separator: ".").map { part in
            part.firstIndex(of: "[").map { "\(part[..<$0])[]" } ?? String(part)
        }
        if parts.count > 1, ["listeners", "gateways", "providers", "apis", "shared_signals"].contains(parts[0]) {
            parts[1] = "*"
        }
        return parts.joined(separator: ".")
    }

    @Test("a value from outside of the file must replace something")
    func overrides() {
        func problems(_ overrides: [String: String]) -> [String] {
            ServerConfiguration.read(Self.example, overrides: overrides).problems.map { "\($0.path): \($0.message)" }
        }
        #expect(problems(["audit.mode": "strict", "listeners.grpc.protocols": "apigee,health"]) == [])
        for key in [
            "audit.mod", "listener.grpc.address", "apis.orders.routes[0].headers", "audit.archive.s3.bucket", "",
        ] {
            let found = problems([key: "x"])
            #expect(found.count == 1 && found[0].hasPrefix("\(key): is set from outside of the file"), "\(found)")
        }
    }
}
