// SPDX-License-Identifier: Apache-2.0

package import Callout
package import Identity
package import Transport

/// Finds out which configured gateway is calling (THREATS G1 to G3).
package final class GatewayAuthenticator: Sendable {
    /// A gateway as it is configured.
    package struct Gateway: Sendable, Hashable {
        package let name: String
        /// Whether it has any key or certificate subject.
        package let hasCredentials: Bool
        /// Whether forwarding headers that it sends count.
        package let mayForward: Bool
        /// Where it hands over its clients' certificates, if it may.
        package let certificateHeader: CertificateHeader

        package init(
            name: String, hasCredentials: Bool, mayForward: Bool,
            certificateHeader: CertificateHeader = .forwardedClientCert(hops: 1)
        ) {
            self.certificateHeader = certificateHeader
            self.name = name
            self.hasCredentials = hasCredentials
            self.mayForward = mayForward
        }
    }

    private let gateways: [Gateway]
    private let keys: APIKeyStore
    private let subjects: CertificateSubjects
    /// Who calls without any credential: the one gateway that is configured without, or nobody in particular while none
    /// is configured at all.
    private let unproven: Gateway?

    package init(gateways: [Gateway], keys: APIKeyStore, subjects: CertificateSubjects) {
        self.gateways = gateways
        self.keys = keys
        self.subjects = subjects
        let open = gateways.filter { !$0.hasCredentials }
        unproven =
            gateways.isEmpty
            ? Gateway(name: "local", hasCredentials: false, mayForward: false) : open.count == 1 ? open[0] : nil
    }

    /// The gateway that proved itself.
    ///
    /// A key that is presented decides, and refuses if it is wrong, whatever else would be accepted; without one the
    /// certificate does.
    ///
    /// - Parameters:
    ///   - peer: The other end of the connection.
    ///   - key: The API key that was presented, if any.
    ///   - now: The time, in whole seconds since the Unix epoch.
    /// - Returns: The gateway.
    /// - Throws: `gateway_unauthenticated`.
    package func authenticate(_ peer: Peer, key: String?, now: Int64) throws(Fault) -> GatewayIdentity {
        if let key, !key.isEmpty {
            let match: APIKeyStore.Match
            do throws(IdentityError) {
                match = try keys.match(key, now: now)
            } catch {
                throw Fault(.gatewayUnauthenticated)
            }
            return try identity(match.owner, peer: match.id, .apiKey)
        }
        if let certificate = peer.certificate,
            let match = try? subjects.match(uris: certificate.uris, dnsNames: certificate.dnsNames)
        {
            return try identity(match.owner, peer: match.subject, .mutualTLS)
        }
        guard let unproven else { throw Fault(.gatewayUnauthenticated) }
        return GatewayIdentity(
            name: unproven.name, peer: "", authentication: .none, mayForward: unproven.mayForward,
            certificateHeader: unproven.certificateHeader)
    }

    private func identity(
        _ name: String, peer: String, _ authentication: GatewayIdentity.Authentication
    ) throws(Fault) -> GatewayIdentity {
        guard let gateway = gateways.first(where: { $0.name == name }) else { throw Fault(.gatewayUnauthenticated) }
        return GatewayIdentity(
            name: gateway.name, peer: peer, authentication: authentication, mayForward: gateway.mayForward,
            certificateHeader: gateway.certificateHeader)
    }

    /// Who an unauthenticated caller is in the record of its refusal.
    package static let nobody = GatewayIdentity(name: "", peer: "", authentication: .none, mayForward: false)
}
