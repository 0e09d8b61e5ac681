// SPDX-License-Identifier: Apache-2.0

import Crypto

/// The private key of a log, or of a witness.
///
/// Its file is one line, `PRIVATE+KEY+<name>+<key id in hex>+<base64 of type and seed>`, the form that note tools
/// of the transparency world read and write. The description never shows the key.
public struct LogSigningKey: Sendable {
    /// The public half; its name is the origin.
    public let verifierKey: VerifierKey
    private let key: Curve25519.Signing.PrivateKey

    /// Draws a new key for an origin.
    ///
    /// - Throws: ``AuditLogError/invalidOrigin(_:problem:)``.
    public init(origin: String, kind: VerifierKey.Kind = .log) throws(AuditLogError) {
        try LogOrigin.validate(origin)
        self.init(origin: origin, kind: kind, key: Curve25519.Signing.PrivateKey())
    }

    private init(origin: String, kind: VerifierKey.Kind, key: Curve25519.Signing.PrivateKey) {
        self.key = key
        verifierKey = VerifierKey(name: origin, kind: kind, publicKey: Array(key.publicKey.rawRepresentation))
    }

    /// Reads a key from the text of its file.
    ///
    /// - Parameters:
    ///   - text: The content of the file.
    ///   - path: Named in errors.
    /// - Throws: ``AuditLogError/unusableKey(path:problem:)``.
    init(text: String, path: String) throws(AuditLogError) {
        func refuse(_ problem: String) -> AuditLogError { .unusableKey(path: path, problem: problem) }
        let line = text.hasSuffix("\n") ? text.dropLast() : text[...]
        let prefix = "PRIVATE+KEY+"
        guard line.hasPrefix(prefix) else { throw refuse("is not a log key; its one line starts with `\(prefix)`") }
        let parts = line.dropFirst(prefix.count).split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decode(parts[2].utf8, .standard), bytes.count == 33,
            let kind = VerifierKey.Kind(rawValue: bytes[0]),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes[1...])
        else { throw refuse("does not hold an Ed25519 key of type 0x01 or 0x04") }
        try LogOrigin.validate(String(parts[0]))
        self.init(origin: String(parts[0]), kind: kind, key: key)
        guard parts[1].lowercased() == verifierKey.hexadecimalKeyID else {
            throw refuse("has the key id \(parts[1]), but its content gives another")
        }
    }

    /// The line of the key file.
    var fileText: String {
        let seed = Base64.encode([verifierKey.kind.rawValue] + key.rawRepresentation, .standard)
        return "PRIVATE+KEY+\(verifierKey.name)+\(verifierKey.hexadecimalKeyID)+\(seed)\n"
    }

    /// The Ed25519 signature of a note's text.
    func signature(of text: [UInt8]) -> [UInt8]? {
        guard let signature = try? key.signature(for: text) else { return nil }
        return Array(signature)
    }
}

extension LogSigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The public half's id and a mark that the rest is hidden.
    public var description: String { "\(verifierKey.name)+\(verifierKey.hexadecimalKeyID)+<redacted>" }
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// Shows nothing of the key to `dump`.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
