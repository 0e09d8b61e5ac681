// SPDX-License-Identifier: Apache-2.0
import Crypto

/// The SHA-256 by which a credential is found again.
///
/// That of a JWT is taken over what is signed, and whoever looks one up by it compares the signature as well.
public struct TokenDigest: Sendable, Hashable {
    /// The 32 bytes as four words.
    public let words: (UInt64, UInt64, UInt64, UInt64)

    /// Hashes a credential.
    public init(of credential: Span<UInt8>) { self.init(SHA256.hash(credential)) }

    /// Takes a hash.
    init(_ digest: SHA256Digest) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { target in
            digest.withUnsafeBytes { target.copyMemory(from: $0) }
        }
        self.words = words
    }

    /// Takes the first 32 bytes of a hash.
    init(_ hash: [UInt8]) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { target in
            hash.withUnsafeBytes { target.copyBytes(from: $0.prefix(target.count)) }
        }
        self.words = words
    }

    /// The 32 bytes.
    var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    /// Compares all 32 bytes.
    public static func == (left: TokenDigest, right: TokenDigest) -> Bool { left.words == right.words }

    /// Feeds the digest into a hasher; its first word is as good as random.
    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
