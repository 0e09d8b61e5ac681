// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import ServiceLifecycle

/// Listens for gRPC over HTTP/2.
package final class GRPCListener: Service {
    private let listener: Listener
    private let health: HealthStatus?

    /// Prepares a listener; `bind` opens it.
    ///
    /// `health` is set to not serving when draining begins; it is served if `services` holds its `HealthStatus.service`.
    package init(
        configuration: ListenerConfiguration, services: [GRPCServiceDescription], health: HealthStatus? = nil,
        group: any EventLoopGroup, events: TransportEvents = TransportEvents()
    ) {
        self.health = health
        let router = GRPCRouter(services)
        listener = Listener(configuration: configuration, protocols: ["h2"], group: group, events: events) { channel in
            let connection = GRPCConnection(router: router, configuration: configuration, transportEvents: events)
            try channel.pipeline.syncOperations.addHandler(connection)
            return connection
        }
    }

    /// Where the listener listens; `nil` before `bind`.
    package var boundAddress: SocketAddress? { listener.boundAddress }

    /// Reads the certificates and opens the port; `run` does so too if it has not been done.
    package func bind() async throws { try await listener.bind() }

    /// Serves until graceful shutdown, then drains within the drain timeout.
    package func run() async throws {
        try await listener.run(onShutdown: { [health] in health?.shutDown() })
    }

    /// Reads the certificate files again; they are served once what is returned is called, and not at all on an error.
    package func prepareCertificates() throws(TLSError) -> @Sendable () -> Void { try listener.prepareCertificates() }

    /// Makes any channel speak gRPC as a listener's connections do, so that fuzzers can feed it bytes without a socket.
    ///
    /// Called on the channel's event loop.
    package static func configure(
        _ channel: any Channel, configuration: ListenerConfiguration, services: [GRPCServiceDescription]
    ) throws {
        let connection = GRPCConnection(
            router: GRPCRouter(services), configuration: configuration, transportEvents: TransportEvents())
        try channel.pipeline.syncOperations.addHandler(connection)
    }
}
