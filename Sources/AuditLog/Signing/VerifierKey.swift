// SPDX-License-Identifier: Apache-2.0

import Crypto

/// A public key in the form of C2SP signed-note: `<name>+<key id in hex>+<base64 of type and key>`.
///
/// Type 0x01 signs checkpoints as a log, type 0x04 cosigns them as a witness (C2SP tlog-cosignature).
public struct VerifierKey: Sendable, Hashable {
    /// What a signature of the key means.
    public enum Kind: UInt8, Sendable, Hashable {
        /// Ed25519 over the note's text.
        case log = 0x01
        /// Ed25519 over a timestamp and the checkpoint.
        case witness = 0x04
    }

    /// The key's name; for a log its origin.
    public let name: String
    /// What the key is for.
    public let kind: Kind
    /// The first four bytes of SHA-256 over name, newline, type and key.
    public let keyID: UInt32
    /// The 32 bytes of the Ed25519 key.
    public let publicKey: [UInt8]

    /// Makes a key and computes its id.
    init(name: String, kind: Kind, publicKey: [UInt8]) {
        self.name = name
        self.kind = kind
        self.publicKey = publicKey
        keyID = Self.keyID(name: name, kind: kind, publicKey: publicKey)
    }

    /// Reads the text form.
    ///
    /// - Throws: ``AuditLogError/unusableKey(path:problem:)`` if the form, the id or the key is wrong.
    public init(_ text: String) throws(AuditLogError) {
        func refuse(_ problem: String) -> AuditLogError { .unusableKey(path: text, problem: problem) }
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty else {
            throw refuse("is not a verifier key; a line is `<name>+<8 hex digits>+<base64>`")
        }
        guard !parts[0].unicodeScalars.contains(where: { $0.properties.isWhitespace }) else {
            throw refuse("has a space in its name")
        }
        guard parts[1].utf8.count == 8, let id = UInt32(parts[1], radix: 16), !parts[1].hasPrefix("+") else {
            throw refuse("has no key id of 8 hexadecimal digits")
        }
        guard let bytes = Base64.decode(parts[2].utf8, .standard), bytes.count == 33,
            let kind = Kind(rawValue: bytes[0])
        else { throw refuse("is not an Ed25519 key of type 0x01 or 0x04") }
        self.init(name: String(parts[0]), kind: kind, publicKey: Array(bytes[1...]))
        guard keyID == id else { throw refuse("has the key id \(parts[1]), but its content gives another") }
        guard (try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)) != nil else {
            throw refuse("is not a point of the curve")
        }
    }

    private static func keyID(name: String, kind: Kind, publicKey: [UInt8]) -> UInt32 {
        var hash = SHA256()
        hash.update(data: Array(name.utf8) + [0x0A, kind.rawValue] + publicKey)
        return hash.finalize().prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Whether an Ed25519 signature over a message is this key's.
    func isValid(signature: some Collection<UInt8>, of message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(Array(signature), for: message)
    }
}

extension VerifierKey: CustomStringConvertible {
    /// The text form, as `log.vkey` holds it.
    public var description: String {
        "\(name)+\(hexadecimalKeyID)+\(Base64.encode([kind.rawValue] + publicKey, .standard))"
    }

    /// The key id as eight hexadecimal digits.
    public var hexadecimalKeyID: String {
        let digits = String(keyID, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
