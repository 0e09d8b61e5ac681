// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON

/// Which gateway a verified client certificate belongs to, by its subject alternative names (THREATS, G1).
///
/// The common name is never looked at (RFC 9525, section 2), wildcards match nothing but themselves.
public struct CertificateSubjects: Sendable, Hashable {
    /// A gateway that was recognized.
    public struct Match: Sendable, Hashable {
        /// The gateway's name.
        public let owner: String
        /// The configured subject that matched.
        public let subject: String
    }

    private let subjects: [Match]

    /// Makes the rule.
    ///
    /// - Parameter subjects: Per gateway its `spiffe://` URIs, compared byte for byte, and DNS names, compared without
    ///   regard to case.
    public init(_ subjects: [(owner: String, subjects: [String])]) {
        self.subjects = subjects.flatMap { entry in
            entry.subjects.map { Match(owner: entry.owner, subject: $0) }
        }
    }

    /// The gateway of a certificate whose chain and validity have been verified.
    ///
    /// A certificate with a SPIFFE id must have exactly one URI (SPIFFE X.509-SVID, section 2).
    ///
    /// - Parameters:
    ///   - uris: All URI names of the certificate.
    ///   - dnsNames: All DNS names of the certificate.
    /// - Returns: The gateway and the subject that matched.
    /// - Throws: ``IdentityError/certificateNotTrusted`` if no subject matches, or those of several gateways do.
    public func match(uris: [String], dnsNames: [String]) throws(IdentityError) -> Match {
        var found: Match?
        for candidate in subjects where Self.names(candidate.subject, uris, dnsNames) {
            guard found == nil || found?.owner == candidate.owner else { throw .certificateNotTrusted }
            found = found ?? candidate
        }
        guard let found else { throw .certificateNotTrusted }
        return found
    }

    private static func names(_ subject: String, _ uris: [String], _ dnsNames: [String]) -> Bool {
        guard !subject.isEmpty else { return false }
        if subject.contains("://") {
            let isUnique = !subject.hasPrefix("spiffe://") || uris.count == 1
            return isUnique && uris.contains { $0.isSameBytes(as: subject) }
        }
        return dnsNames.contains { $0.equalsIgnoringASCIICase(subject) }
    }
}
