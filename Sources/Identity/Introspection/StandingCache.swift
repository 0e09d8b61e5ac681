// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// How a token stands with its issuer, as it was last said.
enum TokenStanding: Sendable {
    /// Active; the caller, unless only the state was asked for, and when the token expires, if it does.
    case active(AuthenticatedCaller?, expiresAt: Int64?)
    /// Not active, or not one for this service.
    case refused(IdentityError)
}

/// What one issuer said of tokens, for a bounded time.
///
/// Found by a keyed hash of the token, all 32 bytes of which are compared, so that two tokens never share an entry and
/// memory holds nothing that a token could be guessed by. Bounded: the oldest of eight gives way.
final class StandingCache: Sendable {
    struct Entry: Sendable {
        let digest: TokenDigest
        let standing: TokenStanding
        /// On the clock that never steps, in milliseconds.
        let storedAt: Int64
        let usableUntil: Int64
    }

    private static let shardCount = 16
    private static let ways = 8

    private final class Shard: Sendable {
        let slots: Mutex<[Entry?]>

        init(slots: Int) { self.slots = Mutex(Array(repeating: nil, count: slots)) }
    }

    private let shards: [Shard]
    private let setMask: UInt64

    /// Makes a cache; the capacity is rounded up to 128 times a power of two.
    init(capacity: Int = 16_384) {
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

    /// What was said of this token, if that still counts at a moment of the clock that never steps.
    func entry(_ digest: TokenDigest, at milliseconds: Int64) -> Entry? {
        let (shard, first) = place(digest)
        return shard.slots.withLock { slots in
            for index in first..<(first + Self.ways) {
                guard let entry = slots[index], entry.digest == digest else { continue }
                return milliseconds < entry.usableUntil ? entry : nil
            }
            return nil
        }
    }

    /// Keeps what was said, in the place of what was said before, an empty one, or the one that ends first.
    func insert(_ entry: Entry) {
        let (shard, first) = place(entry.digest)
        shard.slots.withLock { slots in
            var target = first
            for index in first..<(first + Self.ways) {
                guard let held = slots[index] else {
                    if slots[target] != nil { target = index }
                    continue
                }
                if held.digest == entry.digest {
                    target = index
                    break
                }
                if let worst = slots[target], held.usableUntil < worst.usableUntil { target = index }
            }
            slots[target] = entry
        }
    }

    /// Forgets everything.
    func removeAll() {
        for shard in shards { shard.slots.withLock { slots in for index in slots.indices { slots[index] = nil } } }
    }

    /// The number of entries held, stale ones included.
    var count: Int { shards.reduce(0) { $0 + $1.slots.withLock { $0.count { $0 != nil } } } }
}
