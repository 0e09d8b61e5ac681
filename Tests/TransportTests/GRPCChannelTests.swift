// SPDX-License-Identifier: Apache-2.0

import Fields
import NIOCore
import NIOPosix
import Testing
import Transport

@Suite("Calls between our own client and a listener")
struct GRPCChannelTests {
    @Test("answers at once, late, by status, and not at all", .timeLimit(.minutes(30)))
    func calls() async throws {
        try await withEchoListener { port in
            let channel = try await GRPCChannel.connect(
                host: "127.0.0.1", port: port, group: MultiThreadedEventLoopGroup.singleton)
            let echo = try await channel.call("/test.Echo/Echo", message: ByteBuffer(string: "hello"))
            #expect(echo.status == .ok)
            #expect(echo.message == ByteBuffer(string: "hello"))
            let late = try await channel.call("/test.Echo/Late", message: ByteBuffer(string: "later"))
            #expect(late.message == ByteBuffer(string: "later"))
            let refused = try await channel.call(
                "/test.Echo/Fail", metadata: FieldList(["X-Name": "n\u{e9}"]), message: ByteBuffer())
            #expect(refused.status == GRPCStatus(.permissionDenied, "not n\u{e9}, 100%"))
            let unknown = try await channel.call("/test.Echo/Nothing", message: ByteBuffer())
            #expect(unknown.status.code == .unimplemented)
            let never = try await channel.call("/test.Echo/Never", message: ByteBuffer(), timeout: .milliseconds(50))
            #expect(never.status.code == .deadlineExceeded)
            await channel.close()
        }
    }

    @Test("carries a 3 MB message both ways", .timeLimit(.minutes(30)))
    func largeMessage() async throws {
        try await withEchoListener { port in
            let channel = try await GRPCChannel.connect(
                host: "127.0.0.1", port: port, group: MultiThreadedEventLoopGroup.singleton)
            let message = ByteBuffer(repeating: 0x61, count: 3_000_000)
            #expect(try await channel.call("/test.Echo/Echo", message: message).message == message)
            await channel.close()
        }
    }

    @Test("answers Check for a set, an unset and a shut-down service", .timeLimit(.minutes(30)))
    func health() async throws {
        let health = HealthStatus()
        try await withEchoListener(health: health) { port in
            let channel = try await GRPCChannel.connect(
                host: "127.0.0.1", port: port, group: MultiThreadedEventLoopGroup.singleton)
            let path = "/grpc.health.v1.Health/Check"
            #expect(try await channel.call(path, message: ByteBuffer()).message == ByteBuffer(bytes: [8, 1]))
            let unknown = ByteBuffer(bytes: [10, 1, 0x78])
            #expect(try await channel.call(path, message: unknown).status.code == .notFound)
            health.shutDown()
            #expect(try await channel.call(path, message: ByteBuffer()).message == ByteBuffer(bytes: [8, 2]))
            await channel.close()
        }
    }
}
