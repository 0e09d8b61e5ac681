// SPDX-License-Identifier: Apache-2.0
import Crypto
import CryptoExtras
import Foundation
import StrictJSON

/// One public key of an issuer, parsed and checked once.
public struct VerificationKey: Sendable {
    enum Material: Sendable {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
        case symmetric(SymmetricKey)

        /// The `kty` of such a key.
        var type: String {
            switch self {
            case .p256, .p384, .p521: "EC"
            case .ed25519: "OKP"
            case .rsa: "RSA"
            case .symmetric: "oct"
            }
        }
    }

    /// The key's `kid`, if it has one.
    public let keyID: String?
    /// The JWK thumbprint with SHA-256 in base64url (RFC 7638).
    public let thumbprint: String
    /// The key's own `alg`; a key that names one serves no other.
    public let algorithm: String?
    /// The issuer that the key vouches for, where one set holds keys of several: Entra ID's `issuer` member.
    public let issuer: String?
    let material: Material

    /// Whether a token that is signed with an algorithm can be verified with this key.
    public func fits(_ wanted: SignatureAlgorithm) -> Bool {
        if let algorithm, !algorithm.isSameBytes(as: wanted.rawValue) { return false }
        switch (material, wanted) {
        case (.p256, .es256), (.p384, .es384), (.p521, .es512), (.ed25519, .edDSA): return true
        case (.rsa, .rs256), (.rsa, .rs384), (.rsa, .rs512), (.rsa, .ps256), (.rsa, .ps384), (.rsa, .ps512): return true
        case (.symmetric(let key), .hs256): return key.bitCount >= 256
        case (.symmetric(let key), .hs384): return key.bitCount >= 384
        case (.symmetric(let key), .hs512): return key.bitCount >= 512
        case (.p256, _), (.p384, _), (.p521, _), (.ed25519, _), (.rsa, _), (.symmetric, _): return false
        }
    }

    /// Whether another key is the same key under the same name for the same use.
    func isSame(as other: VerificationKey) -> Bool {
        thumbprint == other.thumbprint
            && keyID?.utf8.elementsEqual(other.keyID?.utf8 ?? "".utf8) ?? (other.keyID == nil)
            && algorithm == other.algorithm && issuer == other.issuer
    }
}

extension VerificationKey {
    /// Verifies a JWS signature over bytes; the algorithm must fit the key.
    ///
    /// EC signatures are r and s side by side in the exact length (RFC 7518, section 3.4).
    ///
    /// - Parameters:
    ///   - signature: The signature's bytes.
    ///   - signed: What is signed.
    ///   - wanted: The algorithm.
    ///   - sha256: The SHA-256 of what is signed, if it was taken before.
    /// - Returns: Whether the key's owner made the signature.
    func isValid(
        _ signature: Data, over signed: Span<UInt8>, _ wanted: SignatureAlgorithm, sha256: SHA256Digest? = nil
    ) -> Bool {
        guard fits(wanted) else { return false }
        switch (material, wanted) {
        case (.p256(let key), _):
            guard let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(parsed, for: sha256 ?? SHA256.hash(signed))
        case (.p384(let key), _):
            guard let parsed = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(parsed, for: SHA384.hash(signed))
        case (.p521(let key), _):
            guard let parsed = try? P521.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(parsed, for: SHA512.hash(signed))
        case (.ed25519(let key), _):
            return signed.withUnsafeBytes { key.isValidSignature(signature, for: $0) }
        case (.rsa(let key), _):
            return Self.isValid(
                _RSA.Signing.RSASignature(rawRepresentation: signature), over: signed, key, wanted, sha256)
        case (.symmetric(let key), .hs384): return Self.isValid(HMAC<SHA384>(key: key), signature, over: signed)
        case (.symmetric(let key), .hs512): return Self.isValid(HMAC<SHA512>(key: key), signature, over: signed)
        case (.symmetric(let key), _): return Self.isValid(HMAC<SHA256>(key: key), signature, over: signed)
        }
    }

    private static func isValid(
        _ signature: _RSA.Signing.RSASignature, over signed: Span<UInt8>, _ key: _RSA.Signing.PublicKey,
        _ wanted: SignatureAlgorithm, _ sha256: SHA256Digest?
    ) -> Bool {
        guard signature.rawRepresentation.count == (key.keySizeInBits + 7) / 8 else { return false }
        switch wanted {
        case .rs256:
            return key.isValidSignature(signature, for: sha256 ?? SHA256.hash(signed), padding: .insecurePKCS1v1_5)
        case .rs384: return key.isValidSignature(signature, for: SHA384.hash(signed), padding: .insecurePKCS1v1_5)
        case .rs512: return key.isValidSignature(signature, for: SHA512.hash(signed), padding: .insecurePKCS1v1_5)
        case .ps256: return key.isValidSignature(signature, for: sha256 ?? SHA256.hash(signed), padding: .PSS)
        case .ps384: return key.isValidSignature(signature, for: SHA384.hash(signed), padding: .PSS)
        case .ps512: return key.isValidSignature(signature, for: SHA512.hash(signed), padding: .PSS)
        case .es256, .es384, .es512, .edDSA, .hs256, .hs384, .hs512: return false
        }
    }

    private static func isValid<Hash: HashFunction>(
        _ code: HMAC<Hash>, _ signature: Data, over signed: Span<UInt8>
    ) -> Bool {
        var code = code
        signed.withUnsafeBytes { code.update(bufferPointer: $0) }
        return ConstantTime.areEqual(Array(code.finalize()), Array(signature))
    }
}

extension HashFunction {
    /// The digest of a view of bytes, without a copy.
    static func hash(_ bytes: Span<UInt8>) -> Digest {
        var hasher = Self()
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return hasher.finalize()
    }
}
