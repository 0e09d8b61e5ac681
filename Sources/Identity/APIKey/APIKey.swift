// SPDX-License-Identifier: Apache-2.0
import Crypto

/// A key made by us: `csk_<16 characters of public id>_<43 characters of secret>`.
///
/// The prefix lets scanners find leaked keys, the public id names a key in logs, the secret has 256 random bits.
public struct APIKey: Sendable {
    /// What every key begins with.
    public static let prefix = "csk_"
    private static let idAlphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// The 16 characters that may be shown anywhere.
    public let publicID: String
    /// The whole key, to be shown once.
    public let secret: Secret

    /// Makes a new key from the system's random numbers.
    public init() {
        var generator = SystemRandomNumberGenerator()
        let id = (0..<16).map { _ in Self.idAlphabet[Int(generator.next(upperBound: UInt(32)))] }
        publicID = String(decoding: id, as: UTF8.self)
        let random = SymmetricKey(size: .bits256).withUnsafeBytes { Base64URL.encode($0) }
        secret = Secret((Self.prefix + publicID + "_" + random).utf8)
    }

    /// Reads a key of this form; `nil` for anything else.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 64, text.hasPrefix(Self.prefix), bytes[20] == UInt8(ascii: "_") else { return nil }
        publicID = String(decoding: bytes[4..<20], as: UTF8.self)
        guard Self.isPublicID(publicID) else { return nil }
        secret = Secret(bytes)
    }

    static func isPublicID(_ text: String) -> Bool {
        text.utf8.count == 16 && text.utf8.allSatisfy { idAlphabet.contains($0) }
    }

    /// The line for a key store: public id, fresh salt, hash, and the expiry in Unix seconds if there is one.
    public func storeLine(expiresAt: Int64? = nil) -> String { APIKeyLine(self, expiresAt: expiresAt).text }
}
