// SPDX-License-Identifier: Apache-2.0
import Crypto
import CryptoExtras
import StrictJSON
import SwiftASN1

/// A private key with which this service signs assertions about itself (RFC 7523).
public struct ClientAssertionKey: Sendable {
    /// Why a text is not such a key; says nothing of its content.
    public struct Unusable: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is expected.
        public let description: String

        static let notKey = Unusable(
            description: "is not a private key in PEM form: P-256, P-384, Ed25519, or RSA of at least 2048 bits")
    }

    private enum Material: Sendable {
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case edwards(Curve25519.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }

    /// What stands before the 32 bytes of an Ed25519 key (RFC 8410, section 7).
    private static let edwardsPrefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]

    private let material: Material
    private let keyID: String?
    /// The algorithm that the key signs with.
    public let algorithm: SignatureAlgorithm

    /// Reads a key.
    ///
    /// - Parameters:
    ///   - pem: The key in PEM form.
    ///   - keyID: The name under which the issuer knows it, if it has one.
    ///   - algorithm: The algorithm to sign with, for issuers that take but one; RSA keys sign with PS256 or RS256.
    /// - Throws: ``Unusable`` if the text is not such a key, or the key does not fit the algorithm.
    public init(pem: String, keyID: String? = nil, algorithm: SignatureAlgorithm? = nil) throws(Unusable) {
        self.keyID = keyID
        let fitting: [SignatureAlgorithm]
        (material, fitting) = try Self.material(pem)
        self.algorithm = algorithm ?? fitting[0]
        guard fitting.contains(self.algorithm) else {
            let names = fitting.map(\.rawValue).joined(separator: " or ")
            throw Unusable(description: "is a key for \(names), not for \(self.algorithm.rawValue)")
        }
    }

    private static func material(_ pem: String) throws(Unusable) -> (Material, [SignatureAlgorithm]) {
        if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) {
            return (.p256(key), [.es256])
        } else if let key = try? P384.Signing.PrivateKey(pemRepresentation: pem) {
            return (.p384(key), [.es384])
        } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem), key.keySizeInBits >= 2048 {
            return (.rsa(key), [.ps256, .rs256])
        } else if let der = (try? PEMDocument(pemString: pem))?.derBytes, der.count == edwardsPrefix.count + 32,
            der.starts(with: edwardsPrefix),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: der.dropFirst(edwardsPrefix.count))
        {
            return (.edwards(key), [.edDSA])
        }
        throw .notKey
    }

    /// Signs an assertion that this service is a client (RFC 7523, section 2.2), good for one minute and one use.
    ///
    /// - Parameters:
    ///   - clientID: The client.
    ///   - audience: Whom the assertion is meant for.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: The compact JWS; `nil` if the crypto library refuses to sign.
    func assertion(of clientID: String, for audience: String, now: Int64) -> String? {
        var header = JSONObject()
        header["alg"] = .string(algorithm.rawValue)
        if let keyID { header["kid"] = .string(keyID) }
        header["typ"] = "JWT"
        let id = SymmetricKey(size: .bits128).withUnsafeBytes { Base64URL.encode($0) }
        let claims: JSONValue = [
            "aud": .string(audience), "exp": .number(JSONNumber(now.addingReportingOverflow(60).partialValue)),
            "iat": .number(JSONNumber(now)), "iss": .string(clientID), "jti": .string(id), "sub": .string(clientID),
        ]
        let signed =
            Base64URL.encode(JSONValue.object(header).canonicalBytes()) + "."
            + Base64URL.encode(claims.canonicalBytes())
        guard let signature = signature(over: Array(signed.utf8)) else { return nil }
        return signed + "." + Base64URL.encode(signature)
    }

    private func signature(over bytes: [UInt8]) -> [UInt8]? {
        switch material {
        case .p256(let key): (try? key.signature(for: bytes)).map { Array($0.rawRepresentation) }
        case .p384(let key): (try? key.signature(for: bytes)).map { Array($0.rawRepresentation) }
        case .edwards(let key): (try? key.signature(for: bytes)).map { Array($0) }
        case .rsa(let key):
            (try? key.signature(
                for: SHA256.hash(data: bytes), padding: algorithm == .rs256 ? .insecurePKCS1v1_5 : .PSS))
                .map { Array($0.rawRepresentation) }
        }
    }
}
