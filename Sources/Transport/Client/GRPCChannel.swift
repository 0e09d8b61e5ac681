// SPDX-License-Identifier: Apache-2.0

package import Fields
package import NIOCore
import NIOPosix
import NIOSSL

/// One client connection for unary calls: for simulations, probes and tests, not for a fleet of servers.
package final class GRPCChannel: Sendable {
    package struct TLS: Sendable, Hashable {
        /// PEM file of the authorities that the server must chain to.
        package var serverCA: String
        /// PEM files of our own certificate and key, for servers that ask for one.
        package var certificateChain: String?
        package var privateKey: String?
        /// The name that the server's certificate must carry; the host by default.
        package var serverName: String?

        package init(
            serverCA: String, certificateChain: String? = nil, privateKey: String? = nil, serverName: String? = nil
        ) {
            self.serverCA = serverCA
            self.certificateChain = certificateChain
            self.privateKey = privateKey
            self.serverName = serverName
        }
    }

    package struct Answer: Sendable {
        /// `nil` unless the server sent one.
        package let message: ByteBuffer?
        package let status: GRPCStatus
        /// Headers and trailers as the server sent them, the protocol's own included.
        package let trailers: FieldList
    }

    private let channel: any Channel
    private let connection: GRPCClientConnection

    private init(channel: any Channel, connection: GRPCClientConnection) {
        self.channel = channel
        self.connection = connection
    }

    /// Connects, and with TLS waits for nothing more: a failed handshake shows in the first call.
    package static func connect(
        host: String, port: Int, tls: TLS? = nil, group: any EventLoopGroup
    ) async throws -> GRPCChannel {
        let context = try tls.map { try makeContext($0) }
        let name = tls?.serverName ?? host
        let connection = GRPCClientConnection(authority: "\(host):\(port)", isTLS: tls != nil)
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        // A server name is a DNS name: addresses are checked against the certificate without one.
                        let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name))
                    }
                    try pipeline.addHandler(connection)
                }
            }
            .connect(host: host, port: port).get()
        return GRPCChannel(channel: channel, connection: connection)
    }

    /// Makes one call; throws a `GRPCStatus` UNAVAILABLE if the connection is or goes away.
    package func call(
        _ path: String, metadata: FieldList = FieldList(), message: ByteBuffer, timeout: TimeAmount? = nil
    ) async throws -> Answer {
        let eventLoop = channel.eventLoop
        return try await eventLoop.flatSubmit { [connection] in
            connection.call(path: path, metadata: metadata, message: message, timeout: timeout, on: eventLoop)
        }.get()
    }

    package func close() async {
        try? await channel.close().get()
    }

    private static func makeContext(_ tls: TLS) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(tls.serverCA)
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["h2"]
        if let chain = tls.certificateChain, let key = tls.privateKey {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(chain).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
