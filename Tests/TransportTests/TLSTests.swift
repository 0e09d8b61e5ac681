// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix
import Testing
import Transport

/// Two authorities with a server's and a client's certificate each, made by the openssl command.
struct TestCertificates {
    let folder: URL

    static let openssl = "/usr/bin/openssl"

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("transport-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for authority in ["a", "b"] {
            try await openssl(
                ["req", "-x509", "-days", "2", "-subj", "/CN=authority \(authority)"] + key(authority, "ca")
                    + ["-addext", "keyUsage=critical,keyCertSign", "-out", path("\(authority)-ca.pem")])
            for (role, names) in [
                ("server", "IP:127.0.0.1,DNS:localhost"), ("client", "URI:spiffe://acme/gw,DNS:gw.test"),
            ] {
                let name = "\(authority)-\(role)"
                try await openssl(
                    ["req", "-x509", "-days", "2", "-subj", "/CN=\(role)"] + key(authority, role)
                        + ["-CA", path("\(authority)-ca.pem"), "-CAkey", path("\(authority)-ca.key")]
                        + ["-addext", "subjectAltName=\(names)", "-addext", "basicConstraints=critical,CA:FALSE"]
                        + ["-addext", "extendedKeyUsage=serverAuth,clientAuth", "-out", path("\(name).pem")])
            }
        }
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    private func key(_ authority: String, _ role: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path("\(authority)-\(role).key")]
    }

    private func openssl(_ arguments: [String]) async throws {
        let result = try await PythonClient.run(Self.openssl, arguments)
        try #require(result.code == 0, "\(result.output)")
    }
}

@Suite(
    "TLS and mutual TLS", .enabled(if: FileManager.default.isExecutableFile(atPath: TestCertificates.openssl)))
struct TLSTests {
    private func configuration(_ certificates: TestCertificates, clientCA: Bool) -> ListenerConfiguration {
        .patient(
            tls: .init(
                certificateChain: certificates.path("a-server.pem"), privateKey: certificates.path("a-server.key"),
                clientCA: clientCA ? certificates.path("a-ca.pem") : nil))
    }

    private func connect(_ port: Int, _ certificates: TestCertificates, client: String? = nil) async throws
        -> GRPCChannel
    {
        try await GRPCChannel.connect(
            host: "127.0.0.1", port: port,
            tls: .init(
                serverCA: certificates.path("a-ca.pem"),
                certificateChain: client.map { certificates.path("\($0).pem") },
                privateKey: client.map { certificates.path("\($0).key") }),
            group: MultiThreadedEventLoopGroup.singleton)
    }

    @Test("serves over TLS", .timeLimit(.minutes(30)))
    func plainTLS() async throws {
        let certificates = try await TestCertificates()
        defer { certificates.remove() }
        try await withEchoListener(configuration: configuration(certificates, clientCA: false)) { port in
            let channel = try await connect(port, certificates)
            let answer = try await channel.call("/test.Echo/Peer", message: ByteBuffer())
            #expect(answer.message.map { String(buffer: $0) } == "127.0.0.1 tls")
            await channel.close()
        }
    }

    @Test("with a client CA, tells the verified names and refuses everybody else", .timeLimit(.minutes(30)))
    func mutualTLS() async throws {
        let certificates = try await TestCertificates()
        defer { certificates.remove() }
        try await withEchoListener(configuration: configuration(certificates, clientCA: true)) { port in
            let known = try await connect(port, certificates, client: "a-client")
            let answer = try await known.call("/test.Echo/Peer", message: ByteBuffer())
            #expect(
                answer.message.map { String(buffer: $0) } == "127.0.0.1 tls CN=client spiffe://acme/gw gw.test 32")
            for stranger in [nil, "b-client"] {
                let channel = try await connect(port, certificates, client: stranger)
                let refused = try? await channel.call("/test.Echo/Peer", message: ByteBuffer())
                #expect(refused?.status.code ?? .unavailable == .unavailable)
            }
            #expect(try await known.call("/test.Echo/Echo", message: ByteBuffer()).status == .ok)
            await known.close()
        }
    }

    @Test("a bad pair never replaces a good one, a good one is served at once", .timeLimit(.minutes(30)))
    func reload() async throws {
        let certificates = try await TestCertificates()
        defer { certificates.remove() }
        let listener = GRPCListener(
            configuration: configuration(certificates, clientCA: false), services: [echoService],
            group: MultiThreadedEventLoopGroup.singleton)
        try await listener.bind()
        let port = listener.boundAddress?.port ?? 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await listener.run() }
            try copy(certificates, "b-server.pem", over: "a-server.pem")
            #expect(throws: TLSError.self) { _ = try listener.prepareCertificates() }
            let before = try await connect(port, certificates)
            #expect(try await before.call("/test.Echo/Echo", message: ByteBuffer()).status == .ok)
            try copy(certificates, "b-server.key", over: "a-server.key")
            try listener.prepareCertificates()()
            let after = try await connect(port, certificates)
            let refused = try? await after.call("/test.Echo/Echo", message: ByteBuffer())
            #expect(refused?.status.code ?? .unavailable == .unavailable, "still the old certificate")
            #expect(try await before.call("/test.Echo/Echo", message: ByteBuffer()).status == .ok)
            await before.close()
            group.cancelAll()
        }
    }

    @Test("refuses TLS 1.1 and suites without AEAD", .timeLimit(.minutes(30)))
    func oldProtocols() async throws {
        let certificates = try await TestCertificates()
        defer { certificates.remove() }
        try await withEchoListener(configuration: configuration(certificates, clientCA: false)) { port in
            let connect = ["s_client", "-connect", "127.0.0.1:\(port)", "-alpn", "h2", "-brief"]
            let good = try await PythonClient.run(TestCertificates.openssl, connect + ["-tls1_2"])
            #expect(good.output.contains("Protocol version: TLSv1.2"), "\(good.output)")
            let old = try await PythonClient.run(
                TestCertificates.openssl, connect + ["-tls1_1", "-cipher", "ALL@SECLEVEL=0"])
            #expect(old.code != 0)
            let weak = try await PythonClient.run(
                TestCertificates.openssl, connect + ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"])
            #expect(weak.code != 0)
        }
    }

    private func copy(_ certificates: TestCertificates, _ source: String, over target: String) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: certificates.path(source)))
        try bytes.write(to: URL(fileURLWithPath: certificates.path(target)))
    }
}
