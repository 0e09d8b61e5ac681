// SPDX-License-Identifier: Apache-2.0
import Callout
import SwiftASN1
import Synchronization
import X509

/// Identifies callers by the certificate that they presented to the gateway.
///
/// The gateway has seen that the caller holds the key; here the chain, the validity, the purpose and the names are verified
/// once more, against the authorities of this provider.
public final class CertificateCallerProvider: Sendable {
    /// Why authorities cannot be used.
    public enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
        /// The text holds no certificate, or something else.
        case authorities

        /// What to change, in words.
        public var description: String { "must hold at least one certificate in PEM, and nothing else" }
    }

    private struct Known: Sendable {
        let caller: AuthenticatedCaller
        /// The last second at which it may be used without being verified again.
        let until: Int64
    }

    private static let capacity = 8192

    /// The settings.
    public let settings: CertificateCallerSettings
    private let roots: CertificateStore
    private let fingerprint: CredentialFingerprint
    private let known = Mutex<[TokenDigest: Known]>([:])
    private let work = SharedWork<Result<AuthenticatedCaller, IdentityError>>(limit: 256)

    /// Makes a provider.
    ///
    /// - Throws: ``Problem/authorities`` if the authorities cannot be read.
    public init(_ settings: CertificateCallerSettings, fingerprint: CredentialFingerprint) throws(Problem) {
        self.settings = settings
        self.fingerprint = fingerprint
        guard let text = String(validating: settings.authorities, as: UTF8.self),
            let documents = try? Self.authorities(text), !documents.isEmpty
        else { throw .authorities }
        roots = CertificateStore(documents)
    }

    /// Comments between certificates are common in files of authorities; there they do no harm.
    private static func authorities(_ text: String) throws -> [Certificate] {
        var pem = ""
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("-----BEGIN") { isInside = true }
            if isInside { pem += line + "\n" }
            if line.hasPrefix("-----END") { isInside = false }
        }
        return try PEMCertificates.decodeAll(pem).map { try Certificate(derEncoded: $0) }
    }

    /// The caller of a certificate that was verified a short while ago, or `nil` if it must be verified.
    ///
    /// Never suspends.
    func caller(_ presented: PresentedCertificate, now: Int64) -> AuthenticatedCaller? {
        let digest = presented.digest
        return known.withLock { known in
            guard let entry = known[digest], now <= entry.until else { return nil }
            return entry.caller
        }
    }

    /// Verifies a certificate, once however many wait.
    func verify(_ presented: PresentedCertificate, now: Int64) async -> Result<AuthenticatedCaller, IdentityError> {
        let outcome = await work.value(for: presented.digest) { await self.verified(presented, now) }
        switch outcome {
        case .done(let result): return result
        case .overloaded, .cancelled: return .failure(.certificateRefused("too many are verified at once"))
        }
    }

    private func verified(
        _ presented: PresentedCertificate, _ now: Int64
    ) async -> Result<AuthenticatedCaller, IdentityError> {
        guard let leaf = try? Certificate(derEncoded: presented.leaf),
            let others = try? presented.intermediates.map({ try Certificate(derEncoded: $0) })
        else { return .failure(.certificateRefused("it cannot be read")) }
        var verifier = Verifier(rootCertificates: roots) {
            RFC5280Policy()
            CallerCertificatePolicy(now: now)
        }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(others)) {
        case .couldNotValidate(let failures):
            let reason = failures.first.map { "\($0.policyFailureReason)" } ?? "no chain leads to an authority"
            return .failure(.certificateRefused(String(reason.prefix(200))))
        case .validCertificate: break
        }
        guard let certificate = CallerCertificate(leaf) else {
            return .failure(.certificateRefused("it names nobody, or its SPIFFE id is not one"))
        }
        guard certificate.isNamed(by: settings.subjects) else {
            return .failure(.certificateRefused("it names none of `subjects`"))
        }
        return .success(keep(certificate, presented, now))
    }

    private func keep(
        _ certificate: CallerCertificate, _ presented: PresentedCertificate, _ now: Int64
    ) -> AuthenticatedCaller {
        var evidence = CallerEvidence(.mutualTLS, fingerprint: fingerprint.text(of: presented.leaf.span))
        evidence.issuer = certificate.issuer
        evidence.keyID = certificate.serialNumber
        evidence.expiresAt = certificate.notAfter
        let digest = presented.digest
        let caller = AuthenticatedCaller(
            principal: certificate.principal(provider: settings.name), evidence: evidence,
            marks: RevocationMarks(issuer: settings.name, subject: certificate.id, tokenID: certificate.serialNumber),
            digest: digest)
        let until = min(certificate.notAfter, now + max(0, settings.recheck - 1))
        known.withLock { known in
            if known.count >= Self.capacity { known = known.filter { now <= $0.value.until } }
            if known.count >= Self.capacity, let any = known.keys.first { known[any] = nil }
            if settings.recheck > 0 { known[digest] = Known(caller: caller, until: until) }
        }
        return caller
    }
}
