// SPDX-License-Identifier: Apache-2.0
import Crypto
import StrictJSON

/// Verifies proofs of possession (RFC 9449, section 4.3): a token signed by the key that it carries itself.
public struct ProofVerifier: Sendable, Hashable {
    /// The request that a proof must belong to.
    public struct Request: Sendable, Hashable {
        /// The method, compared byte for byte.
        public var method: String
        /// The URL as called; query and fragment do not count.
        public var url: String
        /// The access token that is sent with the proof, if one is.
        public var accessToken: String?
        /// The thumbprint that the access token is bound to (`cnf.jkt`); an empty one is one that was not there.
        public var thumbprint: String?
        /// The nonce that this server handed out, if it did.
        public var nonce: String?

        /// Makes a request.
        public init(
            method: String, url: String, accessToken: String? = nil, thumbprint: String? = nil, nonce: String? = nil
        ) {
            self.method = method
            self.url = url
            self.accessToken = accessToken
            self.thumbprint = thumbprint
            self.nonce = nonce
        }
    }

    /// A proof that holds; the caller remembers `id` per `thumbprint` against replay.
    public struct Proof: Sendable, Hashable {
        /// `jti`.
        public let id: String
        /// The thumbprint of the key.
        public let thumbprint: String
        /// `iat`, in Unix seconds.
        public let issuedAt: Int64
        /// `nonce`, if it is a string.
        public let nonce: String?
    }

    /// The algorithms accepted; symmetric ones never are.
    public var algorithms: [SignatureAlgorithm]
    /// How old a proof may be, in seconds.
    public var maximumAge: Int64
    /// How far ahead a proof may be, in seconds.
    public var clockSkew: Int64

    /// Makes a verifier.
    public init(
        algorithms: [SignatureAlgorithm] = SignatureAlgorithm.asymmetric, maximumAge: Int64 = 300, clockSkew: Int64 = 30
    ) {
        self.algorithms = algorithms
        self.maximumAge = maximumAge
        self.clockSkew = clockSkew
    }

    /// Verifies a proof against its request.
    ///
    /// - Throws: ``IdentityError`` with the first reason; what does not fit the request is
    ///   ``IdentityError/proofNotAccepted(member:)``.
    public func verify(_ proof: String, for request: Request, now: Int64) throws(IdentityError) -> Proof {
        let bytes = proof.utf8Span.span
        let token = try CompactToken(bytes, maximumBytes: 8192)
        let header = try TokenHeader(token.header, allowsEmbeddedKey: true)
        guard header.type == "dpop+jwt" else { throw .tokenTypeNotAccepted(issuer: "", type: header.type) }
        guard let algorithm = SignatureAlgorithm(name: header.algorithm), !algorithm.isSymmetric,
            algorithms.contains(algorithm)
        else { throw .algorithmNotAccepted(issuer: "", algorithm: String(header.algorithm.prefix(64))) }
        guard let jwk = token.header["jwk"]?.objectValue, let key = try? VerificationKey(jwk: jwk) else {
            throw .proofNotAccepted(member: "jwk")
        }
        guard key.isValid(token.signature, over: bytes.extracting(0..<token.signedByteCount), algorithm) else {
            throw .signatureNotValid(issuer: "")
        }
        let claims = try token.claims()
        let issuedAt = try time(claims, now)
        guard let id = claims["jti"]?.stringValue, !id.isEmpty, id.utf8.count <= 512 else {
            throw .proofNotAccepted(member: "jti")
        }
        try check(claims, request)
        if let bound = request.thumbprint, !bound.isSameBytes(as: key.thumbprint) {
            throw .proofNotAccepted(member: "jkt")
        }
        return Proof(id: id, thumbprint: key.thumbprint, issuedAt: issuedAt, nonce: claims["nonce"]?.stringValue)
    }

    private func time(_ claims: JSONObject, _ now: Int64) throws(IdentityError) -> Int64 {
        guard let seconds = claims["iat"]?.numberValue?.double, seconds >= 0, seconds < 0x1p53 else {
            throw .proofNotAccepted(member: "iat")
        }
        let moment = Double(now)
        guard seconds <= moment + Double(clockSkew), seconds + Double(maximumAge) >= moment else {
            throw .proofNotAccepted(member: "iat")
        }
        return Int64(seconds)
    }

    private func check(_ claims: JSONObject, _ request: Request) throws(IdentityError) {
        guard let method = claims["htm"]?.stringValue, method.isSameBytes(as: request.method) else {
            throw .proofNotAccepted(member: "htm")
        }
        guard let target = claims["htu"]?.stringValue.flatMap(ProofTarget.init), target == ProofTarget(request.url)
        else {
            throw .proofNotAccepted(member: "htu")
        }
        if let nonce = request.nonce {
            guard claims["nonce"]?.stringValue?.isSameBytes(as: nonce) == true else {
                throw .proofNotAccepted(member: "nonce")
            }
        }
        guard let accessToken = request.accessToken else { return }
        guard let hash = claims["ath"]?.stringValue, hash.isSameBytes(as: Self.accessTokenHash(accessToken)) else {
            throw .proofNotAccepted(member: "ath")
        }
    }

    /// The `ath` of an access token: base64url of its SHA-256 (RFC 9449, section 4.2).
    static func accessTokenHash(_ token: String) -> String { Base64URL.encode(SHA256.hash(token.utf8Span.span)) }
}
