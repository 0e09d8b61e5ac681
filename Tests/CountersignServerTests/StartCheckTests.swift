// SPDX-License-Identifier: Apache-2.0

import AuditLog
import CountersignServer
import Foundation
import Glibc
import Logging
import Testing

@Suite("Check: what serve would refuse")
struct StartCheckTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

    private func write(_ text: String, _ name: String, mode: Int = 0o600) throws {
        let path = folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: path)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.path)
    }

    /// The problems by `check`; `serve` must say each of them too.
    private func problems(data: String = "state", listeners: String = "", provider: String = "", audit: String = "")
        async throws -> [String]
    {
        try write("permit (principal, action, resource);", "policies/all.cedar")
        let text = """
            listeners: { \(listeners) }
            data: \(data)
            providers: { p: { \(provider.isEmpty ? "issuer: \"https://i.test/\"" : provider), audiences: [a] } }
            apis: { a: { providers: [p], routes: [{ name: r, match: { path: / } }] } }
            audit: {
              \(audit) }
            """
        try write(text, "c.yaml")
        let file = folder.appending(path: "c.yaml").path
        let found = ConfigurationCheck.problems(file).map(\.description)
        if !found.isEmpty {
            let failure = await #expect(throws: Server.StartFailure.self) {
                try await Server(path: file, overrides: [:], logger: Logger(label: "test")) { _ in }.run()
            }
            #expect(failure?.description == found.joined(separator: "\n"))
        }
        return found.map { $0.replacingOccurrences(of: folder.path + "/", with: "") }
    }

    @Test("certificates and their keys")
    func certificates() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let tls = "grpc: { tls: { certificate: \"file:c.pem\", key: \"file:k.pem\" } }"
        #expect(try await problems() == [])
        #expect(
            try await problems(listeners: tls)[0].hasPrefix("c.yaml:1: listeners.grpc.tls: certificate file `c.pem`"))
        let identity = (0..<3).reduce(URL(filePath: #filePath).resolvingSymlinksInPath()) { url, _ in
            url.deletingLastPathComponent()
        }.appending(path: "Examples/identity/certificates/clients-ca.pem")
        try write(try String(contentsOf: identity, encoding: .utf8), "c.pem")
        #expect(try await problems(listeners: tls)[0].hasPrefix("c.yaml:1: listeners.grpc.tls: private key `k.pem`"))
        let other = """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGR1rsQydSoa0vRiR
            Jb0cywzC4/NKxRSNWoKQAchnWs+hRANCAAQ+Q7OXJDLmIcBDazkK8Zk921CSDTtb
            7N6UT6PwtE7/aeIIWAFl6X/wqiP8kLQLDMMgrFaxTvTh+dPzeJ/0qWg5
            -----END PRIVATE KEY-----
            """
        try write(other, "k.pem")
        #expect(try await problems(listeners: tls)[0].contains("do not belong together"))
    }

    @Test("a data directory that cannot be one")
    func data() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try write("no directory", "afile")
        #expect(try await problems(data: "afile")[0].hasPrefix("c.yaml:2: data: `afile` is no directory"))
        #expect(
            try await problems(data: "afile/state")
                == ["c.yaml:2: data: `afile/state` cannot be made: `afile` is no directory"])
    }

    @Test("a listener's address that is taken is named")
    func taken() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bound -> UInt16? in
                guard bind(descriptor, bound, size) == 0, listen(descriptor, 1) == 0,
                    getsockname(descriptor, bound, &size) == 0
                else { return nil }
                return UInt16(bigEndian: pointer.pointee.sin_port)
            }
        }
        let taken = try #require(port)
        let off = "grpc: { address: \"off\" }, admin: { address: \"off\" }"
        #expect(try await problems(listeners: "\(off), http: { address: 127.0.0.1:\(taken) }") == [])
        let file = folder.appending(path: "c.yaml").path
        let failure = await #expect(throws: Server.StartFailure.self) {
            try await Server(path: file, overrides: [:], logger: Logger(label: "test")) { _ in }.run()
        }
        #expect(failure?.description.hasPrefix("listener `http`: 127.0.0.1:\(taken) is in use") == true)
    }

    @Test("the log's key and origin")
    func logKey() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try write("no directory", "afile")
        #expect(
            try await problems(audit: "key: \"file:afile/log.key\"")
                == ["c.yaml:6: audit.key: `afile/log.key` cannot be made: `afile` is no directory"])
        try write("no key", "log.key", mode: 0o644)
        #expect(
            try await problems(audit: "key: \"file:log.key\"")[0].hasPrefix(
                "c.yaml:6: audit.key: log key `log.key` is not safe"))
        try write("no key", "log.key")
        #expect(
            try await problems(audit: "key: \"file:log.key\"")[0].hasPrefix("c.yaml:6: audit.key: log key `log.key`"))
        let key = folder.appending(path: "other.key").path
        _ = try LogSigningKey.create(path: key, origin: "acme/other", outside: folder.path + "/state")
        #expect(
            try await problems(audit: "key: \"file:other.key\"")[0].hasPrefix(
                "c.yaml:6: audit.key: `other.key` is the key of `acme/other`"))
        #expect(try await problems(audit: "origin: one two")[0].hasPrefix("c.yaml:6: audit.origin: "))
        #expect(try await problems(audit: "origin: single")[0].contains("must be `<deployment>/<replica>`"))
    }

    @Test("addresses that two listeners share, protocols of another listener, issuers without TLS")
    func text() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let same = "grpc: { address: 127.0.0.1:9192 }"
        #expect(
            try await problems(listeners: same)[0].hasPrefix(
                "c.yaml:1: listeners.http: has the address of `listeners.grpc`"))
        let free = "grpc: { address: 127.0.0.1:0 }, http: { address: 127.0.0.1:0 }"
        #expect(try await problems(listeners: free) == [])
        for (listener, name) in [("http", "apigee"), ("grpc", "decisions"), ("admin", "witness"), ("http", "health")] {
            #expect(
                try await problems(listeners: "\(listener): { protocols: [\(name)] }")[0].hasPrefix(
                    "c.yaml:1: listeners.\(listener).protocols: `\(name)` is not available on `\(listener)`"))
        }
        #expect(
            try await problems(provider: "issuer: \"http://i.test/\"")[0].hasPrefix("c.yaml:3: providers.p.issuer: "))
        #expect(try await problems(provider: "issuer: \"http://i.test/\", allow_insecure: true") == [])
        #expect(try await problems(provider: "issuer: \"http://127.0.0.1:9/\"") == [])
        #expect(
            try await problems(provider: "issuer: \"https://i.test/\", jwks_url: \"http://i.test/k\"")[0].hasPrefix(
                "c.yaml:3: providers.p.jwks_url: "))
    }
}
