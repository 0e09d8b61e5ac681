// SPDX-License-Identifier: Apache-2.0
import Crypto

/// Links the uses of one credential without revealing it: a keyed hash under a key that is rotated.
///
/// The text is the first 22 characters of base64url(HMAC-SHA-256(key, credential)), as audit records carry it in `tok`.
public struct CredentialFingerprint: Sendable {
    private let key: SymmetricKey

    /// Makes fingerprints under a key of at least 32 bytes, of which 32 random ones are right.
    public init(key: Secret) { self.key = key.withBytes { SymmetricKey(data: $0) } }

    /// The 22 characters for a credential.
    public func text(of credential: Span<UInt8>) -> String {
        var code = HMAC<SHA256>(key: key)
        credential.withUnsafeBytes { code.update(bufferPointer: $0) }
        return String(Base64URL.encode(code.finalize()).prefix(22))
    }

    /// The 22 characters for a credential given as a string.
    public func text(of credential: String) -> String { text(of: credential.utf8Span.span) }
}

extension HMAC {
    /// Adds a piece of raw memory without copying it first.
    mutating func update(bufferPointer: UnsafeRawBufferPointer) { update(data: bufferPointer) }
}
