// SPDX-License-Identifier: Apache-2.0

/// The gateway (policy enforcement point) that asks, and how it proved who it is.
public struct GatewayIdentity: Sendable, Hashable {
    /// How the gateway authenticated itself.
    public enum Authentication: String, Sendable, Hashable {
        /// By a client certificate whose subject alternative name is configured.
        case mutualTLS = "mtls"
        /// By an API key.
        case apiKey = "api_key"
        /// Not at all: a listener on loopback that asks for nothing.
        case none
    }

    /// The configured name; empty if the gateway is not one that is configured.
    public let name: String
    /// What proved it: the certificate's matched subject or the public id of the key; empty if nothing did.
    public let peer: String
    /// How it was proven.
    public let authentication: Authentication
    /// Whether the forwarding headers that it sends count (THREATS G3).
    public let mayForward: Bool
    /// Where it hands over its clients' certificates; `nil` if it does not, or may not.
    public let certificateHeader: CertificateHeader?

    /// Makes an identity.
    ///
    /// Without another header, clients' certificates are taken from `x-forwarded-client-cert` if the gateway may forward.
    public init(
        name: String, peer: String, authentication: Authentication, mayForward: Bool,
        certificateHeader: CertificateHeader = .forwardedClientCert(hops: 1)
    ) {
        self.certificateHeader = mayForward ? certificateHeader : nil
        self.name = name
        self.peer = peer
        self.authentication = authentication
        self.mayForward = mayForward
    }
}
