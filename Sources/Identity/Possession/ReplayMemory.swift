// SPDX-License-Identifier: Apache-2.0
import Crypto
import Synchronization

/// Remembers what may be used once, for as long as it could be used again; bounded, and full rather than forgetful.
///
/// Entries are shared out among parts by their owner: whoever floods the memory fills one part of 64, and is refused
/// there together with the few who share it.
public final class ReplayMemory: Sendable {
    /// What became of an attempt to use something.
    public enum Outcome: Sendable, Hashable {
        /// It had not been used, and now has been.
        case first
        /// It has been used before.
        case repeated
        /// There is no room to remember it; it must not be used.
        case full
    }

    private struct Mark: Hashable {
        let high: UInt64
        let low: UInt64
    }

    private struct Part {
        var expiries: [Mark: Int64] = [:]
        /// No entry ends before this moment; sweeping earlier finds nothing.
        var earliest = Int64.max
    }

    private final class Shard: Sendable {
        let part = Mutex(Part())
    }

    private static let shardCount = 64
    private let shards = (0..<shardCount).map { _ in Shard() }
    private let capacity: Int

    /// Makes a memory.
    ///
    /// - Parameter capacity: The most entries, at least 64; each takes about 60 bytes.
    public init(capacity: Int) { self.capacity = max(1, min(capacity, 1 << 24) / Self.shardCount) }

    /// Uses something once.
    ///
    /// - Parameters:
    ///   - id: What is used, within its owner.
    ///   - owner: Whose it is: the thumbprint of a key, the id of an access key.
    ///   - expiry: The first second at which it could not be used anyway.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: Whether it was the first use.
    public func use(_ id: String, of owner: String, until expiry: Int64, now: Int64) -> Outcome {
        let shard = shards[Int(Self.mark([owner]).high % UInt64(Self.shardCount))]
        let mark = Self.mark([owner, id])
        return shard.part.withLock { part in
            if let known = part.expiries[mark], known > now { return .repeated }
            if part.expiries.count >= capacity { Self.sweep(&part, now) }
            guard part.expiries.count < capacity else { return .full }
            part.expiries[mark] = expiry
            part.earliest = min(part.earliest, expiry)
            return .first
        }
    }

    /// Forgets a use that led to nothing, so that it can be tried again.
    func forget(_ id: String, of owner: String) {
        let shard = shards[Int(Self.mark([owner]).high % UInt64(Self.shardCount))]
        let mark = Self.mark([owner, id])
        shard.part.withLock { $0.expiries[mark] = nil }
    }

    /// The number of entries, those included whose time is over but which nothing has swept out yet.
    public var count: Int { shards.reduce(0) { $0 + $1.part.withLock(\.expiries.count) } }

    private static func sweep(_ part: inout Part, _ now: Int64) {
        guard part.earliest <= now else { return }
        part.expiries = part.expiries.filter { $0.value > now }
        part.earliest = part.expiries.values.min() ?? .max
    }

    /// 128 bits of a hash over length-prefixed parts.
    private static func mark(_ parts: [String]) -> Mark {
        var hasher = SHA256()
        for part in parts {
            withUnsafeBytes(of: UInt64(part.utf8.count).bigEndian) { hasher.update(bufferPointer: $0) }
            part.utf8Span.span.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        }
        return hasher.finalize().withUnsafeBytes { bytes in
            Mark(
                high: bytes.loadUnaligned(as: UInt64.self), low: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
    }
}
