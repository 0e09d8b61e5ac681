// SPDX-License-Identifier: Apache-2.0
import Callout
import Foundation
import StrictJSON
import SwiftASN1
import X509

/// What a certificate says of the caller, once its chain was verified.
struct CallerCertificate: Sendable {
    /// The SPIFFE id, if it has one.
    let spiffeID: String?
    let dnsNames: [String]
    /// The subject as RFC 4514 writes it.
    let subject: String
    let issuer: String
    /// In small hexadecimal digits.
    let serialNumber: String
    /// The last second of its validity, in Unix time.
    let notAfter: Int64

    /// What policies see as the caller's id: the SPIFFE id, else the subject.
    var id: String { spiffeID ?? subject }

    /// Reads the names; `nil` if a certificate names nobody, or breaks the rules for SPIFFE ids.
    ///
    /// A certificate with a SPIFFE id has exactly one URI, and that id a trust domain and a path (SPIFFE X.509-SVID,
    /// section 2).
    init?(_ certificate: Certificate) {
        guard let names = try? certificate.extensions.subjectAlternativeNames ?? SubjectAlternativeNames() else {
            return nil
        }
        var uris: [String] = []
        var dnsNames: [String] = []
        for name in names {
            if case .uniformResourceIdentifier(let uri) = name { uris.append(uri) }
            if case .dnsName(let dnsName) = name { dnsNames.append(dnsName) }
        }
        let spiffeIDs = uris.filter { $0.utf8.starts(with: "spiffe:".utf8) }
        guard spiffeIDs.isEmpty || (uris.count == 1 && Self.isSPIFFEID(spiffeIDs[0])) else { return nil }
        spiffeID = spiffeIDs.first
        self.dnsNames = dnsNames
        subject = certificate.subject.description
        issuer = certificate.issuer.description
        serialNumber = AWSCanonicalRequest.hexadecimal(certificate.serialNumber.bytes)
        notAfter = Int64(certificate.notValidAfter.timeIntervalSince1970)
        guard !id.isEmpty else { return nil }
    }

    /// `spiffe://trust-domain/path` in its one form (SPIFFE ID, section 2).
    static func isSPIFFEID(_ text: String) -> Bool {
        guard text.utf8.count <= 2048, text.utf8.starts(with: "spiffe://".utf8) else { return false }
        let parts = text.utf8.dropFirst(9).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count >= 2, let domain = parts.first, !domain.isEmpty, domain.count <= 255 else { return false }
        let isDomain = domain.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        return isDomain
            && parts.dropFirst().allSatisfy { segment in
                !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
                    && segment.allSatisfy { byte in
                        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                            || [0x2D, 0x2E, 0x5F].contains(byte)
                    }
            }
    }

    /// Whether one of the configured names is that of the certificate.
    func isNamed(by subjects: [String]) -> Bool {
        subjects.isEmpty
            || subjects.contains { wanted in
                if let spiffeID, wanted.utf8.starts(with: "spiffe:".utf8) {
                    return wanted.hasSuffix("/*")
                        ? spiffeID.utf8.starts(with: wanted.utf8.dropLast()) : spiffeID.isSameBytes(as: wanted)
                }
                return dnsNames.contains { $0.equalsIgnoringASCIICase(wanted) } || subject.isSameBytes(as: wanted)
            }
    }

    /// The principal that policies see: `Workload::"<SPIFFE id or subject>"`.
    func principal(provider: String) -> Principal {
        var attributes = JSONObject()
        attributes["subject"] = .string(subject)
        attributes["certificate_issuer"] = .string(issuer)
        attributes["serial"] = .string(serialNumber)
        attributes["dns_names"] = .array(dnsNames.map { .string($0) })
        if let spiffeID {
            let domain = spiffeID.utf8.dropFirst(9).prefix { $0 != UInt8(ascii: "/") }
            attributes["trust_domain"] = .string(String(decoding: Array(domain), as: UTF8.self))
        }
        return Principal(kind: .workload, provider: provider, id: id, issuer: issuer, attributes: attributes)
    }
}
