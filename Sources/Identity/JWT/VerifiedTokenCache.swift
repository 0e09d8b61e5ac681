// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Tokens that were verified, so that the signature of a token that comes again need not be checked again.
///
/// Found by the SHA-256 of what is signed, the signature and the provider, so that two identities never share an entry. Bounded:
/// the oldest of eight gives way. Every hit is checked against the time and the issuer's current keys by
/// ``TokenVerifier``; the cache itself answers "these bytes were verified by this provider", nothing more.
public final class VerifiedTokenCache: Sendable {
    /// How the cache has fared since it was made.
    public struct Statistics: Sendable, Hashable {
        /// Look-ups that found an entry.
        public internal(set) var hits = 0
        /// Look-ups that found none.
        public internal(set) var misses = 0
        /// Entries held.
        public internal(set) var entries = 0
        /// Entries that gave way to others.
        public internal(set) var evictions = 0
    }

    private struct Slot {
        var token: VerifiedToken?
        var lastUse: UInt64 = 0
    }

    private struct Contents {
        var slots: [Slot]
        var ticks: UInt64 = 0
        var statistics = Statistics()
    }

    private final class Shard: Sendable {
        let contents: Mutex<Contents>

        init(slots: Int) { contents = Mutex(Contents(slots: Array(repeating: Slot(), count: slots))) }
    }

    private static let shardCount = 16
    private static let ways = 8

    private let shards: [Shard]
    private let setMask: UInt64

    /// Makes a cache.
    ///
    /// - Parameter capacity: The most entries, rounded up to 128 times a power of two; at most 1,048,576. An entry takes
    ///   about as much memory as the token's claims take parsed, a few kilobytes.
    public init(capacity: Int = 16_384) {
        let wanted = min(max(capacity, 1), 1 << 20)
        var sets = 1
        while sets * Self.ways * Self.shardCount < wanted { sets *= 2 }
        setMask = UInt64(sets - 1)
        shards = (0..<Self.shardCount).map { _ in Shard(slots: sets * Self.ways) }
    }

    private func place(_ digest: TokenDigest) -> (shard: Shard, first: Int) {
        let shard = shards[Int(digest.words.0 % UInt64(Self.shardCount))]
        return (shard, Int(digest.words.1 & setMask) * Self.ways)
    }

    /// The token of this digest and exactly this signature that one of the providers verified.
    func token(
        _ digest: TokenDigest, signature: UnsafeRawBufferPointer, from selection: ProviderSelection
    ) -> VerifiedToken? {
        let (shard, first) = place(digest)
        return shard.contents.withLock { contents in
            for index in first..<(first + Self.ways) {
                guard let token = contents.slots[index].token, token.digest == digest,
                    token.isSigned(signature), selection.contains(token.provider)
                else { continue }
                contents.ticks &+= 1
                contents.slots[index].lastUse = contents.ticks
                contents.statistics.hits &+= 1
                return token
            }
            contents.statistics.misses &+= 1
            return nil
        }
    }

    /// Keeps a token, in the place of an older verification of the same bytes, an empty one, or the least recently used.
    func insert(_ token: VerifiedToken) {
        let (shard, first) = place(token.digest)
        shard.contents.withLock { contents in
            var target = first
            for index in first..<(first + Self.ways) {
                guard let held = contents.slots[index].token else {
                    if contents.slots[target].token != nil { target = index }
                    continue
                }
                if held.digest == token.digest, held.provider === token.provider {
                    target = index
                    break
                }
                if contents.slots[target].token != nil,
                    contents.slots[index].lastUse < contents.slots[target].lastUse
                {
                    target = index
                }
            }
            contents.ticks &+= 1
            if let held = contents.slots[target].token {
                if held.digest != token.digest { contents.statistics.evictions &+= 1 }
            } else {
                contents.statistics.entries += 1
            }
            contents.slots[target] = Slot(token: token, lastUse: contents.ticks)
        }
    }

    /// Forgets every entry that a condition holds for, such as those of a revoked subject.
    public func removeAll(where isObsolete: (VerifiedToken) -> Bool) {
        for shard in shards {
            shard.contents.withLock { contents in
                for index in contents.slots.indices {
                    guard let token = contents.slots[index].token, isObsolete(token) else { continue }
                    contents.slots[index].token = nil
                    contents.statistics.entries -= 1
                }
            }
        }
    }

    /// The sums over all parts of the cache.
    public var statistics: Statistics {
        shards.reduce(into: Statistics()) { sum, shard in
            let part = shard.contents.withLock(\.statistics)
            sum.hits &+= part.hits
            sum.misses &+= part.misses
            sum.entries += part.entries
            sum.evictions &+= part.evictions
        }
    }
}
