// SPDX-License-Identifier: Apache-2.0
public import Callout
import Crypto
import StrictJSON

/// Checks that the caller holds the key or the certificate that its credential is bound to.
///
/// Runs for every request, after the credential itself was verified or found in a cache: a proof belongs to one request
/// and is used once.
public struct PossessionVerifier: Sendable {
    /// Verifies proofs of possession (RFC 9449).
    public let proofs: ProofVerifier
    /// The proofs that were used.
    public let used: ReplayMemory
    /// The nonces that proofs must carry; `nil` if they need none.
    public let nonces: ProofNonces?

    /// Makes a verifier.
    ///
    /// - Parameters:
    ///   - proofs: Which proofs are accepted, and for how long.
    ///   - capacity: How many used proofs are remembered at most; when they are too many, proofs are refused.
    ///   - nonces: The nonces that proofs must carry; `nil` if they need none.
    public init(
        proofs: ProofVerifier = ProofVerifier(maximumAge: 60), capacity: Int = 262_144, nonces: ProofNonces? = nil
    ) {
        self.proofs = proofs
        self.nonces = nonces
        used = ReplayMemory(capacity: capacity)
    }

    /// Confirms that a caller may use its credential in this request.
    ///
    /// - Parameters:
    ///   - caller: The caller that the credential stands for.
    ///   - credential: The credential as it was presented.
    ///   - request: The request.
    ///   - origin: `https://host:port` as callers see it, if the gateway does not say; else `nil`.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Throws: ``IdentityError/proofMissing``, ``IdentityError/proofNotAccepted(member:)``,
    ///   ``IdentityError/proofNonceWanted``, ``IdentityError/proofReplayed`` or ``IdentityError/tooManyProofs``.
    public func confirm(
        _ caller: AuthenticatedCaller, _ credential: Credential, in request: borrowing CalloutRequest, origin: String?,
        now: Int64
    ) throws(IdentityError) {
        let binding = caller.binding
        switch credential {
        case .proven(let token): try confirmProof(binding, token, request, origin, now)
        case .certificate, .awsRequest: return
        case .bearer, .basic:
            guard binding.isBound || binding.isRequired else { return }
            // A bound token that comes without proof was taken from its owner, or its owner errs (RFC 9449, section 7.2).
            guard binding.isBound, binding.keyThumbprint == nil else { throw .proofMissing }
        }
        guard let thumbprint = binding.certificateThumbprint else { return }
        guard let certificate = try PresentedCertificate.find(in: request) else { throw .proofMissing }
        guard certificate.thumbprint.isSameBytes(as: thumbprint) else {
            throw .proofNotAccepted(member: "x5t#S256")
        }
    }

    private func confirmProof(
        _ binding: TokenBinding, _ token: String, _ request: borrowing CalloutRequest, _ origin: String?, _ now: Int64
    ) throws(IdentityError) {
        guard let bound = binding.keyThumbprint else { throw .proofNotAccepted(member: "cnf") }
        let presented = request.headerValues("dpop")
        guard presented.count <= 1 else { throw .proofNotAccepted(member: "dpop") }
        guard let text = presented.first, !text.isEmpty else { throw .proofMissing }
        guard let url = Self.url(of: request, origin) else { throw .proofNotAccepted(member: "htu") }
        let wanted = ProofVerifier.Request(
            method: request.method, url: url, accessToken: token, thumbprint: bound)
        let proof: ProofVerifier.Proof
        do throws(IdentityError) {
            proof = try proofs.verify(text, for: wanted, now: now)
        } catch {
            if case .proofNotAccepted = error { throw error }
            throw .proofNotAccepted(member: error.code.rawValue)
        }
        // Before it is remembered: what comes without nonce takes no room.
        if let nonces, proof.nonce.map({ nonces.accepts($0, at: now) }) != true { throw .proofNonceWanted }
        let (sum, isTooLarge) = proof.issuedAt.addingReportingOverflow(proofs.maximumAge + 1)
        let expiry = isTooLarge ? Int64.max : max(sum, now + 1)
        switch used.use(proof.id, of: proof.thumbprint, until: expiry, now: now) {
        case .first: return
        case .repeated: throw .proofReplayed
        case .full: throw .tooManyProofs
        }
    }

    /// The URL that the caller called, as far as it counts for a proof (RFC 9449, section 4.3).
    private static func url(of request: borrowing CalloutRequest, _ origin: String?) -> String? {
        if let origin { return origin + request.path }
        guard let host = request.host, !host.isEmpty else { return nil }
        return (request.scheme.isEmpty ? "https" : request.scheme) + "://" + host + request.path
    }
}
