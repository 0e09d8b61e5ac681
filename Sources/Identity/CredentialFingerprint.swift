// SPDX-License-Identifier: Apache-2.0
import Crypto
import Synchronization

/// Links the uses of one credential without revealing it: a keyed hash under a key that is rotated.
///
/// The text is the first 22 characters of base64url(HMAC-SHA-256(key, credential)), as audit records carry it in `tok`.
public struct CredentialFingerprint: Sendable {
    private final class Storage: Sendable {
        let keyed: Mutex<HMAC<SHA256>>

        init(_ key: Secret) { keyed = Mutex(Self.keyed(key)) }

        static func keyed(_ key: Secret) -> HMAC<SHA256> {
            HMAC<SHA256>(key: key.withBytes { SymmetricKey(data: $0) })
        }
    }

    private let storage: Storage
    /// HMAC under the key, before any input: copying it is cheaper than keying it anew.
    private var keyed: HMAC<SHA256> { storage.keyed.withLock { $0 } }

    /// Makes fingerprints under a key of at least 32 bytes, of which 32 random ones are right.
    public init(key: Secret) { storage = Storage(key) }

    /// Goes on under another key, in every copy of this value; what was cached by the old one is no longer found.
    public func replaceKey(_ key: Secret) { storage.keyed.withLock { $0 = Storage.keyed(key) } }

    /// All 32 bytes of the keyed hash, for caches: nobody without the key can find a credential by it.
    public func digest(of credential: String) -> TokenDigest {
        var code = keyed
        credential.utf8Span.span.withUnsafeBytes { code.update(bufferPointer: $0) }
        return TokenDigest(code.finalize().withUnsafeBytes { Array($0) })
    }

    /// All 32 bytes for a credential of a scheme of its own, so that the same text under another scheme is another one.
    ///
    /// No text in UTF-8 holds the byte that comes first.
    public func digest(ofBasic pair: String) -> TokenDigest {
        var code = keyed
        code.update(data: [0xFF])
        pair.utf8Span.span.withUnsafeBytes { code.update(bufferPointer: $0) }
        return TokenDigest(code.finalize().withUnsafeBytes { Array($0) })
    }

    /// The 22 characters for a credential whose keyed hash is known.
    public func text(of digest: TokenDigest) -> String { Base64URL.encode(digest.bytes, prefix: 22) }

    /// The 22 characters for a credential.
    public func text(of credential: Span<UInt8>) -> String {
        var code = keyed
        credential.withUnsafeBytes { code.update(bufferPointer: $0) }
        return code.finalize().withUnsafeBytes { Base64URL.encode($0, prefix: 22) }
    }

    /// The 22 characters for a credential given as a string.
    public func text(of credential: String) -> String { text(of: credential.utf8Span.span) }
}

extension HMAC {
    /// Adds a piece of raw memory without copying it first.
    mutating func update(bufferPointer: UnsafeRawBufferPointer) { update(data: bufferPointer) }
}
