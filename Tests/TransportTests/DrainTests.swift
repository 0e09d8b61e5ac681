// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing
import Transport

@Suite("Graceful shutdown: refuse, finish, close")
struct DrainTests {
    @Test("an open call gets its answer, a new connection is refused, run returns", .timeLimit(.minutes(30)))
    func drains() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let arrived = group.next().makePromise(of: Void.self)
        let opened = group.next().makePromise(of: Void.self)
        let released = group.next().makePromise(of: Void.self)
        let draining = group.next().makePromise(of: Void.self)
        let held = GRPCServiceDescription(
            name: "test.Held",
            methods: [
                "Hold": .unary { call, responder in
                    arrived.succeed()
                    released.futureResult.hop(to: call.eventLoop).whenSuccess {
                        responder.succeed(message: call.message)
                    }
                },
                "Stream": .streaming { _, stream in
                    stream.send(ByteBuffer())
                    opened.succeed()
                    return StreamReceiver(
                        onMessage: { _ in },
                        onDrain: {
                            draining.succeed()
                            stream.finish(.ok)
                        })
                },
            ])
        let health = HealthStatus()
        // An address of its own: nobody else listens there once the listener has closed.
        var configuration = ListenerConfiguration.patient()
        configuration.host = "127.83.1.19"
        let listener = GRPCListener(
            configuration: configuration, services: [held, health.service], health: health, group: group)
        try await listener.bind()
        let port = try #require(listener.boundAddress?.port)
        let services = ServiceGroup(services: [listener], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            let channel = try await GRPCChannel.connect(host: configuration.host, port: port, group: group)
            async let answer = channel.call("/test.Held/Hold", message: ByteBuffer(string: "kept"))
            async let streamed = channel.call("/test.Held/Stream", message: ByteBuffer())
            try await arrived.futureResult.get()
            try await opened.futureResult.get()
            await services.triggerGracefulShutdown()
            try await draining.futureResult.get()
            #expect(health.status(of: "") == .notServing)
            released.succeed()
            #expect(try await answer.message == ByteBuffer(string: "kept"))
            #expect(try await streamed.status == .ok)
            try await tasks.waitForAll()
            await #expect(throws: (any Error).self) {
                _ = try await GRPCChannel.connect(host: configuration.host, port: port, group: group)
            }
        }
    }

    @Test("a call that never ends does not hold the shutdown beyond the drain timeout", .timeLimit(.minutes(30)))
    func isBounded() async throws {
        var configuration = ListenerConfiguration.patient()
        configuration.limits.drainTimeout = .milliseconds(200)
        let group = MultiThreadedEventLoopGroup.singleton
        let arrived = group.next().makePromise(of: Void.self)
        let cancelled = group.next().makePromise(of: Void.self)
        let service = GRPCServiceDescription(
            name: "test.Never",
            methods: [
                "End": .unary { _, responder in
                    responder.onCancel { cancelled.succeed() }
                    arrived.succeed()
                }
            ])
        let listener = GRPCListener(configuration: configuration, services: [service], group: group)
        try await listener.bind()
        let port = try #require(listener.boundAddress?.port)
        let services = ServiceGroup(services: [listener], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            let channel = try await GRPCChannel.connect(host: "127.0.0.1", port: port, group: group)
            async let answer = channel.call("/test.Never/End", message: ByteBuffer())
            try await arrived.futureResult.get()
            await services.triggerGracefulShutdown()
            try await cancelled.futureResult.get()
            #expect(try await answer.status.code != .ok)
            try await tasks.waitForAll()
        }
    }
}
