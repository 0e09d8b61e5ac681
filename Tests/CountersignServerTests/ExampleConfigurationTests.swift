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

@Suite("Worked examples of identity: as the service reads them")
struct IdentityExampleTests {
    private static let folder = (0..<3).reduce(URL(filePath: #filePath).resolvingSymlinksInPath()) { url, _ in
        url.deletingLastPathComponent()
    }.appending(path: "Examples/identity")

    @Test(
        "configuration and policies are in order, without a warning",
        arguments: try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted())
    func inOrder(_ name: String) {
        let file = Self.folder.appending(path: "\(name)/countersign.yaml")
        #expect(ConfigurationCheck.problems(file.path).map(\.description) == [])
    }
}

@Suite("Configuration of AWS, certificates and bound tokens: what is wrong is named")
struct PossessionConfigurationTests {
    private func problems(_ providers: String, gateway: String = "") throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = """
            gateways: { g: { subjects: ["spiffe://a.test/g"]\(gateway) } }
            providers: { p: { \(providers) } }
            apis: { a: { providers: [p], routes: [{ name: r, match: { path: / } }] } }
            """
        let file = folder.appending(path: "c.yaml")
        try Data(text.utf8).write(to: file)
        return ServerConfiguration.read(file.path).problems.map { "\($0.path): \($0.message)" }
    }

    @Test("AWS")
    func aws() throws {
        let good = "type: aws_iam, region: eu-west-3, server_id: a, accounts: [\"123456789012\"]"
        #expect(try problems(good) == [])
        #expect(try problems(good + ", forwarded: lattice") == [])
        for (wrong, key) in [
            ("type: aws_iam, region: r, server_id: a", "accounts"),
            ("type: aws_iam, region: r, server_id: a, accounts: [\"12\"]", "accounts"),
            ("type: aws_iam, region: r, server_id: a, principals: [\"*\"]", "principals"),
            ("type: aws_iam, region: r, accounts: [\"123456789012\"]", "server_id"),
            ("type: aws_iam, server_id: a, accounts: [\"123456789012\"]", "region"),
            (good + ", endpoint: sts.test", "endpoint"), (good + ", forwarded: alb", "forwarded"),
            (good + ", reuse: 1h", "reuse"), (good + ", issuer: x", "issuer"),
        ] {
            let found = try problems(wrong)
            #expect(found.first?.hasPrefix("providers.p.\(key): ") == true, "\(found)")
        }
    }

    @Test("certificates and bound tokens")
    func certificates() throws {
        #expect(try problems("type: certificate").first?.hasPrefix("providers.p.ca: ") == true)
        #expect(try problems("type: certificate, ca: x.pem").first?.hasPrefix("providers.p.ca: ") == true)
        #expect(try problems("type: certificate, ca: \"file:none.pem\"")[0].contains("cannot be read"))
        let token = "issuer: \"https://i.test/\", audiences: [a]"
        #expect(try problems(token + ", bound_tokens: required") == [])
        #expect(try problems(token + ", bound_tokens: always")[0].hasPrefix("providers.p.bound_tokens: "))
        for good in ["xfcc", "xfcc:2", "client-cert", "pem:x-client-cert"] {
            #expect(try problems(token, gateway: ", client_certificate: \"\(good)\"") == [])
        }
        for wrong in ["xfcc:0", "xfcc:9", "xfcc:x", "pem:", "client-cert:x", "tls"] {
            let found = try problems(token, gateway: ", client_certificate: \"\(wrong)\"")
            #expect(found.count == 1 && found[0].hasPrefix("gateways.g.client_certificate: "), "\(found)")
        }
    }
}
