// SPDX-License-Identifier: Apache-2.0

import Crypto
import NIOSSL
import SwiftASN1
import X509

extension PeerCertificate {
    /// Reads the names of a leaf that the handshake has verified; `nil` if it cannot be read.
    convenience init?(_ leaf: NIOSSLCertificate) {
        guard let der = try? leaf.toDERBytes(), let certificate = try? Certificate(derEncoded: der) else { return nil }
        var uris: [String] = []
        var dnsNames: [String] = []
        for name in (try? certificate.extensions.subjectAlternativeNames) ?? SubjectAlternativeNames() {
            if case .uniformResourceIdentifier(let uri) = name { uris.append(uri) }
            if case .dnsName(let dnsName) = name { dnsNames.append(dnsName) }
        }
        self.init(
            subject: certificate.subject.description, uris: uris, dnsNames: dnsNames,
            fingerprint: Array(SHA256.hash(data: der)))
    }
}
