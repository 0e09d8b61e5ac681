// SPDX-License-Identifier: Apache-2.0
import Crypto
import CryptoExtras
import StrictJSON

/// A private key with which this service signs assertions about itself (RFC 7523).
public struct ClientAssertionKey: Sendable {
    /// Why a text is not such a key; says nothing of its content.
    public struct Unusable: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is expected.
        public let description = "is not a private key in PEM form: P-256, P-384, or RSA of at least 2048 bits"
    }

    private enum Material: Sendable {
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }

    private let material: Material
    private let keyID: String?

    /// Reads a key.
    ///
    /// - Parameters:
    ///   - pem: The key in PEM form.
    ///   - keyID: The name under which the issuer knows it, if it has one.
    /// - Throws: ``Unusable`` if the text is not such a key.
    public init(pem: String, keyID: String? = nil) throws(Unusable) {
        self.keyID = keyID
        if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) {
            material = .p256(key)
        } else if let key = try? P384.Signing.PrivateKey(pemRepresentation: pem) {
            material = .p384(key)
        } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem), key.keySizeInBits >= 2048 {
            material = .rsa(key)
        } else {
            throw Unusable()
        }
    }

    /// The algorithm that the key signs with.
    public var algorithm: SignatureAlgorithm {
        switch material {
        case .p256: .es256
        case .p384: .es384
        case .rsa: .ps256
        }
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
        case .rsa(let key):
            (try? key.signature(for: SHA256.hash(data: bytes), padding: .PSS)).map { Array($0.rawRepresentation) }
        }
    }
}
