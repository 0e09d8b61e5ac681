// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization

/// What a listener's connections have in common, so that one kind of listener can hold either.
protocol DrainableConnection: Sendable {
    /// Lets open calls finish, takes no more, and closes. Called on the connection's event loop.
    func beginDrain()
}

/// Binds, accepts, serves TLS with certificates that can be replaced, and drains: what gRPC and HTTP listeners share.
final class Listener: Sendable {
    private struct State {
        var context: NIOSSLContext?
        var server: (any Channel)?
        var connections: [ObjectIdentifier: (channel: any Channel, connection: any DrainableConnection)] = [:]
        var isDraining = false
        var whenEmpty: EventLoopPromise<Void>?
    }

    let configuration: ListenerConfiguration
    private let protocols: [String]
    private let group: any EventLoopGroup
    private let events: TransportEvents
    private let addConnection: @Sendable (any Channel) throws -> any DrainableConnection
    private let state = Mutex(State())

    init(
        configuration: ListenerConfiguration, protocols: [String], group: any EventLoopGroup, events: TransportEvents,
        addConnection: @escaping @Sendable (any Channel) throws -> any DrainableConnection
    ) {
        self.configuration = configuration
        self.protocols = protocols
        self.group = group
        self.events = events
        self.addConnection = addConnection
    }

    var boundAddress: SocketAddress? { state.withLock { $0.server?.localAddress } }

    func prepareCertificates() throws(TLSError) -> @Sendable () -> Void {
        guard let tls = configuration.tls else { return {} }
        let context = try tls.makeContext(protocols: protocols)
        return { self.state.withLock { $0.context = context } }
    }

    func bind() async throws {
        guard boundAddress == nil else { return }
        try prepareCertificates()()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel) }
            }
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 << 10))
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
        let server = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
        state.withLock { $0.server = server }
    }

    private func accept(_ channel: any Channel) throws {
        let (context, isTaken) = state.withLock { state in
            (state.context, !state.isDraining && state.connections.count < configuration.limits.connections)
        }
        guard isTaken else {
            events.abuse(.tooManyConnections)
            throw Refused()
        }
        if let context {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
        }
        let connection = try addConnection(channel)
        events.connectionOpened()
        channel.closeFuture.whenComplete { _ in self.closed(channel) }
        // Draining may have begun since the first look, and would not know of this connection.
        let isLate = state.withLock { state in
            if !state.isDraining { state.connections[ObjectIdentifier(channel)] = (channel, connection) }
            return state.isDraining
        }
        if isLate { throw Refused() }
    }

    /// Thrown in the initializer, it closes the connection that was just accepted.
    private struct Refused: Error {}

    private func closed(_ channel: any Channel) {
        events.connectionClosed()
        let whenEmpty = state.withLock { state in
            state.connections[ObjectIdentifier(channel)] = nil
            return state.connections.isEmpty ? state.whenEmpty : nil
        }
        whenEmpty?.succeed()
    }

    /// Serves until graceful shutdown, then drains; a cancelled task closes everything at once.
    func run(onShutdown: @escaping @Sendable () -> Void) async throws {
        try await bind()
        let server = state.withLock { $0.server }
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await server?.closeFuture.get()
            } onGracefulShutdown: {
                onShutdown()
                server?.close(promise: nil)
            }
            try await drain()
        } onCancel: {
            server?.close(promise: nil)
            self.closeConnections()
        }
    }

    private func drain() async throws {
        let promise = group.next().makePromise(of: Void.self)
        let connections = state.withLock { state in
            state.isDraining = true
            state.whenEmpty = promise
            return Array(state.connections.values)
        }
        if connections.isEmpty { promise.succeed() }
        for (channel, connection) in connections { channel.eventLoop.execute { connection.beginDrain() } }
        // Connections bound their own draining; this only guards against one that does not.
        let guardTimer = group.next().scheduleTask(in: configuration.limits.drainTimeout + .seconds(2)) {
            self.closeConnections()
        }
        try await promise.futureResult.get()
        guardTimer.cancel()
    }

    private func closeConnections() {
        let connections = state.withLock { Array($0.connections.values) }
        for (channel, _) in connections { channel.close(promise: nil) }
    }
}
