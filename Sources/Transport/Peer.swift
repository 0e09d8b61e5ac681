// SPDX-License-Identifier: Apache-2.0

/// Who is at the other end of a connection, as far as the transport can prove it.
package struct Peer: Sendable {
    /// The address without its port, such as `127.0.0.1` or `::1`; empty when the kernel did not name one.
    package let remoteAddress: String
    package let isTLS: Bool
    /// The verified leaf certificate; `nil` unless the listener has a client CA.
    package let certificate: PeerCertificate?

    package init(remoteAddress: String, isTLS: Bool = false, certificate: PeerCertificate? = nil) {
        self.remoteAddress = remoteAddress
        self.isTLS = isTLS
        self.certificate = certificate
    }
}

/// A client's leaf certificate whose chain was verified during the handshake.
///
/// A class, so that handing it to every call of a connection costs one reference count.
package final class PeerCertificate: Sendable {
    package let subject: String
    /// URI names of the subject alternative name extension, in the certificate's order.
    package let uris: [String]
    package let dnsNames: [String]
    /// SHA-256 over the certificate's DER form (RFC 8705, section 3.1).
    package let fingerprint: [UInt8]

    package init(subject: String, uris: [String], dnsNames: [String], fingerprint: [UInt8]) {
        self.subject = subject
        self.uris = uris
        self.dnsNames = dnsNames
        self.fingerprint = fingerprint
    }
}
