// SPDX-License-Identifier: Apache-2.0

/// In which header field a gateway hands over the certificate that its client presented, and how it is written there.
public enum CertificateHeader: Sendable, Hashable {
    /// `x-forwarded-client-cert`, as Envoy writes it.
    ///
    /// The number says how many proxies append to it, this gateway included; the field must have exactly so many elements,
    /// of which the first one tells of the caller.
    case forwardedClientCert(hops: Int)
    /// `client-cert` and `client-cert-chain` (RFC 9440).
    case clientCert
    /// A field of this name, in small letters, with a PEM certificate in percent-encoding, as nginx writes it.
    case escapedPEM(String)
}
