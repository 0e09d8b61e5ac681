// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Listens for HTTP/1.1.
package final class HTTPListener: Service {
    private let listener: Listener

    package init(
        configuration: ListenerConfiguration, group: any EventLoopGroup, events: TransportEvents = TransportEvents(),
        handler: @escaping HTTPHandler
    ) {
        listener = Listener(configuration: configuration, protocols: ["http/1.1"], group: group, events: events) {
            channel in
            let connection = HTTPConnection(handler: handler, configuration: configuration, events: events)
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = configuration.limits.headerListBytes
            limits.maxHeaderListSize = configuration.limits.headerListBytes
            let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
            try channel.pipeline.syncOperations.addHandlers([
                ByteWatch(connection), ByteToMessageHandler(decoder), connection,
            ])
            return connection
        }
    }

    /// Where the listener listens; `nil` before `bind`.
    package var boundAddress: SocketAddress? { listener.boundAddress }

    /// Reads the certificates and opens the port; `run` does so too if it has not been done.
    package func bind() async throws { try await listener.bind() }

    /// Serves until graceful shutdown, then drains within the drain timeout.
    package func run() async throws { try await listener.run(onShutdown: {}) }

    /// Reads the certificate files again; they are served once what is returned is called, and not at all on an error.
    package func prepareCertificates() throws(TLSError) -> @Sendable () -> Void { try listener.prepareCertificates() }
}

/// Tells a connection that bytes came, since the decoder is silent until a head is complete.
private final class ByteWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnection

    init(_ connection: HTTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.noteBytes()
        context.fireChannelRead(data)
    }
}
