// SPDX-License-Identifier: Apache-2.0

/// Where and how to listen.
package struct ListenerConfiguration: Sendable, Hashable {
    package struct TLS: Sendable, Hashable {
        /// PEM files: the chain, leaf first, and its private key.
        package var certificateChain: String
        package var privateKey: String
        /// PEM file of the authorities that client certificates must chain to; with it, a client without one is refused.
        package var clientCA: String?

        package init(certificateChain: String, privateKey: String, clientCA: String? = nil) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
            self.clientCA = clientCA
        }
    }

    package var host: String
    /// 0 for any free port.
    package var port: Int
    package var trust: PeerTrust
    package var tls: TLS?
    package var limits: ListenerLimits

    package init(
        host: String = "127.0.0.1", port: Int = 0, trust: PeerTrust = .gateway, tls: TLS? = nil,
        limits: ListenerLimits? = nil
    ) {
        self.host = host
        self.port = port
        self.trust = trust
        self.tls = tls
        self.limits = limits ?? ListenerLimits(trust)
    }
}
