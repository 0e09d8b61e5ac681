// SPDX-License-Identifier: Apache-2.0
import Crypto
import CryptoExtras
import Foundation
import StrictJSON

/// Why a key of a set is not used.
public enum KeyDefect: String, Error, Sendable, Hashable, CaseIterable {
    /// The entry is not an object, or a member has the wrong type.
    case form = "is not a well-formed JWK"
    /// `kty` or `crv` is not one that is known.
    case unknownType = "is of a type or curve that is not known"
    /// `use` or `key_ops` says that the key is not for verifying signatures.
    case notForSignatures = "is not for verifying signatures"
    /// The numbers are no valid public key: not on the curve, of the wrong length, not base64url.
    case invalidNumbers = "is not a valid public key"
    /// RSA below 2048 bits or with a bad exponent, an Ed25519 point of small order, an HMAC key below 32 bytes.
    case weak = "is too weak"
    /// The entry holds private parts: a key that everybody can read proves nothing.
    case privateKey = "is a private key"
}

extension VerificationKey {
    /// Reads one JWK (RFC 7517, section 4; RFC 7518, section 6; RFC 8037, section 2).
    ///
    /// - Parameters:
    ///   - jwk: The key's members.
    ///   - allowsSymmetric: Whether `oct` keys are read, which only files of test cases want.
    /// - Throws: ``KeyDefect`` with the first reason not to use the key.
    init(jwk: JSONObject, allowsSymmetric: Bool = false) throws(KeyDefect) {
        keyID = try Self.optionalString(jwk, "kid")
        algorithm = try Self.optionalString(jwk, "alg")
        issuer = try Self.optionalString(jwk, "issuer")
        try Self.checkUse(jwk)
        guard let type = try Self.optionalString(jwk, "kty") else { throw .form }
        let isSymmetric = type == "oct"
        if !isSymmetric, ["d", "p", "q", "dp", "dq", "qi", "oth"].contains(where: { jwk[$0] != nil }) {
            throw .privateKey
        }
        let members: [String]
        switch type {
        case "EC":
            members = ["crv", "kty", "x", "y"]
            material = try Self.ellipticCurve(jwk)
        case "OKP":
            members = ["crv", "kty", "x"]
            material = try Self.edwards(jwk)
        case "RSA":
            members = ["e", "kty", "n"]
            material = try Self.rsa(jwk)
        case "oct" where allowsSymmetric:
            members = ["k", "kty"]
            let bytes = try Self.bytes(jwk, "k")
            guard bytes.count >= 32 else { throw .weak }
            material = .symmetric(SymmetricKey(data: bytes))
        case "oct": throw .privateKey
        default: throw .unknownType
        }
        thumbprint = Self.thumbprint(of: jwk, members)
    }

    /// The thumbprint of a JWK's required members, in the order of their names (RFC 7638, section 3).
    private static func thumbprint(of jwk: JSONObject, _ members: [String]) -> String {
        var canonical = JSONObject()
        for name in members { canonical[name] = jwk[name] }
        return Base64URL.encode(SHA256.hash(data: JSONValue.object(canonical).canonicalBytes()))
    }

    private static func checkUse(_ jwk: JSONObject) throws(KeyDefect) {
        if let use = try optionalString(jwk, "use"), use != "sig" { throw .notForSignatures }
        guard let operations = jwk["key_ops"] else { return }
        guard let list = operations.arrayValue else { throw .form }
        guard list.contains(.string("verify")) else { throw .notForSignatures }
    }

    private static func ellipticCurve(_ jwk: JSONObject) throws(KeyDefect) -> Material {
        let curve = try optionalString(jwk, "crv")
        let point = try [0x04] + bytes(jwk, "x") + bytes(jwk, "y")
        let (x, y) = (try bytes(jwk, "x").count, try bytes(jwk, "y").count)
        do {
            switch curve {
            case "P-256":
                guard x == 32, y == 32 else { throw KeyDefect.invalidNumbers }
                return .p256(try P256.Signing.PublicKey(x963Representation: point))
            case "P-384":
                guard x == 48, y == 48 else { throw KeyDefect.invalidNumbers }
                return .p384(try P384.Signing.PublicKey(x963Representation: point))
            case "P-521":
                guard x == 66, y == 66 else { throw KeyDefect.invalidNumbers }
                return .p521(try P521.Signing.PublicKey(x963Representation: point))
            default: throw KeyDefect.unknownType
            }
        } catch {
            throw error as? KeyDefect ?? .invalidNumbers
        }
    }

    private static func edwards(_ jwk: JSONObject) throws(KeyDefect) -> Material {
        guard try optionalString(jwk, "crv") == "Ed25519" else { throw .unknownType }
        let point = try bytes(jwk, "x")
        guard point.count == 32 else { throw .invalidNumbers }
        guard !EdwardsPoint.hasSmallOrder(point) else { throw .weak }
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: point) else { throw .invalidNumbers }
        return .ed25519(key)
    }

    private static func rsa(_ jwk: JSONObject) throws(KeyDefect) -> Material {
        let modulus = try bytes(jwk, "n").drop { $0 == 0 }
        let exponent = try bytes(jwk, "e").drop { $0 == 0 }
        guard let top = modulus.first, let low = modulus.last, let odd = exponent.last else { throw .invalidNumbers }
        let bits = modulus.count * 8 - top.leadingZeroBitCount
        guard bits >= 2048, low & 1 == 1, odd & 1 == 1, exponent.count > 1 || odd >= 3 else { throw .weak }
        // Verifying costs grow with the square of the size; nobody needs more than 8192 bits.
        guard bits <= 8192, exponent.count <= 4 else { throw .invalidNumbers }
        guard let key = try? _RSA.Signing.PublicKey(n: Array(modulus), e: Array(exponent)) else {
            throw .invalidNumbers
        }
        return .rsa(key)
    }

    private static func optionalString(_ jwk: JSONObject, _ name: String) throws(KeyDefect) -> String? {
        guard let value = jwk[name] else { return nil }
        guard let text = value.stringValue else { throw .form }
        return text
    }

    private static func bytes(_ jwk: JSONObject, _ name: String) throws(KeyDefect) -> [UInt8] {
        guard let text = try optionalString(jwk, name) else { throw .form }
        guard let bytes = Base64URL.decode(text) else { throw .invalidNumbers }
        return bytes
    }
}

/// Points on the Ed25519 curve for which signatures can be made without any private key.
private enum EdwardsPoint {
    /// The y coordinates of the eight points of small order, and their encodings that are not reduced, little-endian.
    private static let smallOrder: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    ]

    static func hasSmallOrder(_ encoded: [UInt8]) -> Bool {
        guard let last = encoded.last else { return true }
        return smallOrder.contains(encoded.dropLast() + [last & 0x7F])
    }
}
