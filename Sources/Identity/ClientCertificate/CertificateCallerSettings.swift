// SPDX-License-Identifier: Apache-2.0

/// Which certificates identify callers.
public struct CertificateCallerSettings: Sendable, Hashable {
    /// The name in the configuration.
    public var name: String
    /// The authorities to which a caller's certificate must lead, in PEM.
    public var authorities: [UInt8]
    /// The SPIFFE ids, DNS names or subjects of which a certificate must have one; empty for any.
    ///
    /// A SPIFFE id may end with an asterisk behind a slash: `spiffe://acme.test/orders/*`.
    public var subjects: [String]
    /// For how many seconds a certificate that was verified is not verified again: 0 to 3600.
    public var recheck: Int64

    /// Makes settings.
    public init(name: String, authorities: [UInt8], subjects: [String] = [], recheck: Int64 = 300) {
        self.name = name
        self.authorities = authorities
        self.subjects = subjects
        self.recheck = recheck
    }
}
