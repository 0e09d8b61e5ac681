// SPDX-License-Identifier: Apache-2.0
import Crypto
import Foundation
import SwiftASN1
import X509

/// What the certificate of a caller must allow, besides what RFC 5280 asks of its chain.
struct CallerCertificatePolicy: VerifierPolicy {
    /// The time of the request, in Unix seconds; the clock that RFC 5280's own check reads may have moved on.
    let now: Int64
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.subjectAlternativeName,
    ]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        guard let leaf = chain.first else { return .failsToMeetPolicy(reason: "there is no certificate") }
        let moment = Date(timeIntervalSince1970: TimeInterval(now))
        for certificate in chain where moment < certificate.notValidBefore || moment > certificate.notValidAfter {
            return .failsToMeetPolicy(reason: "a certificate has expired or is not valid yet")
        }
        do {
            if case .isCertificateAuthority? = try leaf.extensions.basicConstraints {
                return .failsToMeetPolicy(reason: "the certificate is one of an authority")
            }
            if let usage = try leaf.extensions.keyUsage, !usage.digitalSignature {
                return .failsToMeetPolicy(reason: "the key is not for digital signatures")
            }
            if let usage = try leaf.extensions.extendedKeyUsage,
                !usage.contains(.clientAuth), !usage.contains(.any)
            {
                return .failsToMeetPolicy(reason: "the certificate is not for clients")
            }
        } catch {
            return .failsToMeetPolicy(reason: "an extension cannot be read")
        }
        // The root itself is trusted for what it is, not for its signature.
        for certificate in chain.dropLast() where certificate.signatureAlgorithm == .sha1WithRSAEncryption {
            return .failsToMeetPolicy(reason: "a signature is one with SHA-1")
        }
        return .meetsPolicy
    }
}
