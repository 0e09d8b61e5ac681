// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Outbound
import Testing

@Suite("The outgoing HTTP client: THREATS D7", .timeLimit(.minutes(30)))
struct HTTPFetcherTests {
    private static let local = OutboundPolicy(
        allowsPlaintext: true, addressClasses: [.loopback], connectTimeout: .seconds(600), deadline: .seconds(600),
        maximumBodyBytes: 1000, maximumHeaderBytes: 1000)

    private func fetch(
        _ answer: String, policy: OutboundPolicy = local, closes: Bool = true
    ) async throws -> OutboundResponse {
        let server = try await RawServer(answer: answer, closes: closes)
        defer { server.stop() }
        let client = try HTTPFetcher(group: MultiThreadedEventLoopGroup.singleton, policy: policy)
        return try await client.fetch(OutboundRequest(.get, try OutboundURL("http://127.0.0.1:\(server.port)/x")))
    }

    @Test("a whole answer, with and without a length")
    func answers() async throws {
        let found = try await fetch("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: max-age=60\r\n\r\nhi")
        #expect(
            found.status == 200 && found.body == Array("hi".utf8) && found.values("cache-control") == ["max-age=60"])
        #expect(try await fetch("HTTP/1.1 503 No\r\n\r\nhi").body == Array("hi".utf8))
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
        #expect(try await fetch(chunked).body == Array("hi".utf8))
    }

    @Test("redirects, floods and broken answers are refused")
    func refusals() async throws {
        await #expect(throws: OutboundError.redirectRefused(status: 302)) {
            try await fetch("HTTP/1.1 302 Found\r\nLocation: https://evil.test/\r\nContent-Length: 0\r\n\r\n")
        }
        await #expect(throws: OutboundError.bodyTooLarge(limit: 1000)) {
            try await fetch("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
        }
        await #expect(throws: OutboundError.bodyTooLarge(limit: 1000)) {
            try await fetch("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 1001))
        }
        await #expect(throws: OutboundError.headersTooLarge(limit: 1000)) {
            try await fetch("HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 1001))\r\nContent-Length: 0\r\n\r\n")
        }
        for broken in ["", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi"] {
            await #expect(throws: OutboundError.self) { try await fetch(broken) }
        }
    }

    @Test("a server that never answers ends at the deadline; cancelling ends at once")
    func slow() async throws {
        var policy = Self.local
        policy.deadline = .milliseconds(200)
        await #expect(throws: OutboundError.deadlineExceeded(host: "127.0.0.1", milliseconds: 200)) {
            try await fetch("", policy: policy, closes: false)
        }
        let waiting = Task { try await fetch("", closes: false) }
        waiting.cancel()
        await #expect(throws: OutboundError.cancelled) { try await waiting.value }
    }

    @Test("addresses and plain text need permission, and nothing permits the metadata service")
    func addresses() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        var everything = OutboundPolicy(allowsPlaintext: true, addressClasses: Set(AddressClass.allCases))
        let open = try HTTPFetcher(group: group, policy: everything)
        await #expect(throws: OutboundError.addressRefused(host: "169.254.169.254", class: .linkLocal)) {
            try await open.fetch(OutboundRequest(.get, try OutboundURL("http://169.254.169.254/latest/meta-data")))
        }
        everything.addressClasses = [.global]
        await #expect(throws: OutboundError.addressRefused(host: "localhost", class: .loopback)) {
            try await open.with(policy: everything).fetch(OutboundRequest(.get, try OutboundURL("http://localhost/")))
        }
        await #expect(throws: OutboundError.plaintextRefused(host: "a.test")) {
            try await HTTPFetcher(group: group).fetch(OutboundRequest(.get, try OutboundURL("http://a.test/")))
        }
        await #expect(throws: OutboundError.invalidHeader(name: "X")) {
            try await open.fetch(OutboundRequest(.get, try OutboundURL("http://a.test/"), headers: [("X", "a\r\nb")]))
        }
    }

    @Test(
        "TLS verifies the authority and the name; the common name does not count",
        arguments: [("localhost", true, true), ("other", true, false), ("localhost", false, false)]
    )
    func tls(certificate: String, trusted: Bool, succeeds: Bool) async throws {
        let server = try await RawServer(
            answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", closes: true, certificate: certificate)
        defer { server.stop() }
        let roots: HTTPFetcher.TrustRoots = trusted ? .pem(try RawServer.file("ca.pem")) : .system
        let client = try HTTPFetcher(
            group: MultiThreadedEventLoopGroup.singleton,
            policy: OutboundPolicy(
                addressClasses: [.loopback], connectTimeout: .seconds(600), deadline: .seconds(600)),
            trustRoots: roots)
        let request = OutboundRequest(.get, try OutboundURL("https://localhost:\(server.port)/"))
        do throws(OutboundError) {
            let answer = try await client.fetch(request)
            #expect(succeeds && answer.body == Array("hi".utf8))
        } catch {
            guard case .tlsFailed = error else {
                Issue.record("\(error)")
                return
            }
            #expect(!succeeds)
        }
    }
}

/// A listener on loopback that sends fixed bytes to whoever sends something.
struct RawServer {
    private let channel: any Channel
    let port: Int

    init(answer: String, closes: Bool, certificate: String? = nil) async throws {
        var context: NIOSSLContext?
        if let certificate {
            let chain = try NIOSSLCertificate.fromPEMBytes(try Self.file("\(certificate).pem"))
            let key = try NIOSSLPrivateKey(bytes: try Self.file("\(certificate).key"), format: .pem)
            context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
        }
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [context] child in
                child.eventLoop.makeCompletedFuture {
                    if let context {
                        try child.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try child.pipeline.syncOperations.addHandler(Responder(answer: answer, closes: closes))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = try #require(channel.localAddress?.port)
    }

    func stop() { channel.close(promise: nil) }

    static func file(_ name: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Certificates"))
        return Array(try Data(contentsOf: url))
    }

    private final class Responder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let answer: String
        let closes: Bool

        init(answer: String, closes: Bool) { (self.answer, self.closes) = (answer, closes) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
            if closes { context.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
