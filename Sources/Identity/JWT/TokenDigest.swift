// SPDX-License-Identifier: Apache-2.0

import CNettle

/// The SHA-256 of a token's bytes.
public struct TokenDigest: Sendable, Hashable {
    /// The 32 bytes as four words.
    public let words: (UInt64, UInt64, UInt64, UInt64)

    /// Hashes a token.
    public init(of token: Span<UInt8>) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { words in
            guard let digest = words.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
            token.withUnsafeBytes { countersign_sha256($0.baseAddress, $0.count, nil, 0, digest) }
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
