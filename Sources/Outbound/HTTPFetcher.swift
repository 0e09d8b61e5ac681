// SPDX-License-Identifier: Apache-2.0
package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The HTTP client for everything that Countersign asks others: keys of issuers, introspection, delegates, archives.
///
/// One request per connection, GET, POST and PUT, no redirects, no cookies, no proxies, no compression. The host's name is
/// resolved here and the connection goes to an address that the policy allowed, so that a name which changes its
/// address between check and use gains nothing. TLS 1.2 or newer, with the host's name verified.
package struct HTTPFetcher: Sendable {
    /// Whose certificates are trusted.
    package enum TrustRoots: Sendable, Hashable {
        /// The certificate authorities of the system.
        case system
        /// Certificates in PEM form; nobody else is trusted.
        case pem([UInt8])
    }

    /// What this service shows to a server that asks for a client certificate.
    package struct ClientIdentity: Sendable {
        let chain: [UInt8]
        let key: [UInt8]

        /// Certificates, the leaf first, and the leaf's key, each in PEM form.
        package init(chain: [UInt8], key: [UInt8]) { (self.chain, self.key) = (chain, key) }
    }

    package let policy: OutboundPolicy
    private let group: any EventLoopGroup
    private let tls: NIOSSLContext

    /// Makes a client whose connections live on a group of event loops.
    ///
    /// - Throws: ``OutboundError/tlsFailed(host:reason:)`` if the trust roots cannot be read.
    package init(
        group: any EventLoopGroup, policy: OutboundPolicy = OutboundPolicy(), trustRoots: TrustRoots = .system
    ) throws(OutboundError) {
        self.policy = policy
        self.group = group
        tls = try Self.context(trustRoots, nil)
    }

    private static func context(
        _ trustRoots: TrustRoots, _ identity: ClientIdentity?
    ) throws(OutboundError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.applicationProtocols = ["http/1.1"]
        do {
            if case .pem(let bytes) = trustRoots {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(bytes))
            }
            if let identity {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(identity.chain)
                    .map { .certificate($0) }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: identity.key, format: .pem))
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            let what = identity == nil ? "the trust roots" : "trust roots, certificate or key"
            throw .tlsFailed(host: "-", reason: "\(what) cannot be read: \(error)")
        }
    }

    private init(_ other: HTTPFetcher, policy: OutboundPolicy, tls: NIOSSLContext) {
        (self.policy, group, self.tls) = (policy, other.group, tls)
    }

    /// The same client under another policy.
    package func with(policy: OutboundPolicy) -> HTTPFetcher { HTTPFetcher(self, policy: policy, tls: tls) }

    /// The same client with trust roots and a certificate of its own.
    ///
    /// - Throws: ``OutboundError/tlsFailed(host:reason:)`` if one of them cannot be read, or they do not fit together.
    package func with(trustRoots: TrustRoots, identity: ClientIdentity?) throws(OutboundError) -> HTTPFetcher {
        HTTPFetcher(self, policy: policy, tls: try Self.context(trustRoots, identity))
    }

    /// Sends one request and waits for the whole answer.
    ///
    /// Any status but a redirect is an answer. Cancelling the calling task closes the connection at once.
    package func fetch(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        guard request.url.scheme == .https || policy.allowsPlaintext else {
            throw .plaintextRefused(host: request.url.host)
        }
        try Self.check(request.headers)
        if let host = request.host {
            let isHost = !host.isEmpty && host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            guard isHost else { throw .invalidHeader(name: "host") }
        }
        let loop = group.next()
        let exchange = HTTPExchange(loop: loop, url: request.url, deadline: policy.deadline)
        connect(exchange, request)
        do {
            return try await withTaskCancellationHandler {
                try await exchange.result.get()
            } onCancel: {
                exchange.finish(.failure(OutboundError.cancelled))
            }
        } catch let error as OutboundError {
            throw error
        } catch {
            throw .brokenResponse(host: request.url.host, reason: "\(error)")
        }
    }

    private func connect(_ exchange: HTTPExchange, _ request: OutboundRequest) {
        let host = request.url.host
        let port = request.url.port
        NIOThreadPool.singleton.runIfActive(eventLoop: exchange.loop) {
            HostResolver.addresses(of: host, port: port)
        }.whenComplete { result in
            guard case .success(let addresses) = result, let first = addresses.first else {
                return exchange.finish(.failure(OutboundError.unresolved(host: host)))
            }
            let allowed = addresses.filter { policy.allows($0) }
            guard !allowed.isEmpty else {
                return exchange.finish(
                    .failure(OutboundError.addressRefused(host: host, class: AddressClass(first))))
            }
            attempt(allowed[...], exchange, request, lastReason: "no address")
        }
    }

    private func attempt(
        _ addresses: ArraySlice<SocketAddress>, _ exchange: HTTPExchange, _ request: OutboundRequest,
        lastReason: String
    ) {
        guard !exchange.isFinished else { return }
        guard let address = addresses.first else {
            let error = OutboundError.connectionFailed(host: request.url.host, reason: lastReason)
            return exchange.finish(.failure(error))
        }
        ClientBootstrap(group: exchange.loop)
            .connectTimeout(TimeAmount(policy.connectTimeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel, exchange, request) }
            }
            .connect(to: address)
            .whenComplete { result in
                switch result {
                case .success(let channel): exchange.adopt(channel)
                case .failure(let error):
                    attempt(addresses.dropFirst(), exchange, request, lastReason: "\(error)")
                }
            }
    }

    private func configure(_ channel: any Channel, _ exchange: HTTPExchange, _ request: OutboundRequest) throws {
        let pipeline = channel.pipeline.syncOperations
        if request.url.scheme == .https {
            let isAddress = (try? SocketAddress(ipAddress: request.url.host, port: 0)) != nil
            let name = isAddress ? nil : request.url.host
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
        }
        try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
        try pipeline.addHandler(
            ResponseCollector(
                exchange: exchange, request: request, maximumBodyBytes: policy.maximumBodyBytes,
                maximumHeaderBytes: policy.maximumHeaderBytes))
    }

    private static func check(_ headers: [(name: String, value: String)]) throws(OutboundError) {
        let reserved: Set = ["host", "content-length", "connection", "transfer-encoding"]
        for (name, value) in headers {
            let isToken = !name.isEmpty && name.utf8.allSatisfy { tokenBytes.contains($0) }
            let isValue = value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
            guard isToken, isValue, !reserved.contains(name.lowercased()) else { throw .invalidHeader(name: name) }
        }
    }

    private static let tokenBytes = Set(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
}
