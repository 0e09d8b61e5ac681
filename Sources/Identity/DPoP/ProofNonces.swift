// SPDX-License-Identifier: Apache-2.0
import Crypto

/// The nonces that proofs of possession must carry (RFC 9449, sections 8 and 9), so that no proof can be made ahead of time.
///
/// A nonce is the number of its period and a code over that under a key, in base64url: nothing is remembered, and every
/// process with the same key knows the nonces of the others. It counts in its own period and in the next one.
public struct ProofNonces: Sendable {
    /// Why keys cannot be used.
    public enum Problem: Error, Sendable, Hashable {
        /// There is no key.
        case none
        /// A key has fewer than 32 bytes.
        case short
    }

    private static let label = Array("countersign dpop nonce v1".utf8)
    private static let (numberBytes, codeBytes) = (8, 16)

    /// The first makes nonces; all are good for checking them, so that a key can be replaced.
    private let keys: [SymmetricKey]
    /// How long a period is, in seconds.
    public let lifetime: Int64

    /// Makes nonces under keys of at least 32 bytes, of which 32 random ones are right.
    ///
    /// - Parameters:
    ///   - keys: The key that makes nonces, and others under which nonces are accepted.
    ///   - lifetime: For how many seconds a nonce is handed out, at least 1; it counts for as long again.
    /// - Throws: ``Problem``.
    public init(keys: [Secret], lifetime: Int64) throws(Problem) {
        guard !keys.isEmpty else { throw .none }
        guard keys.allSatisfy({ $0.count >= 32 }) else { throw .short }
        self.keys = keys.map { key in
            let code = key.withBytes {
                HMAC<SHA256>.authenticationCode(for: Self.label, using: SymmetricKey(data: Array($0)))
            }
            return SymmetricKey(data: code)
        }
        self.lifetime = max(1, lifetime)
    }

    /// Makes nonces under a key that nobody else has: those of another process are refused once.
    public init(lifetime: Int64) {
        keys = [SymmetricKey(size: .bits256)]
        self.lifetime = max(1, lifetime)
    }

    /// The nonce to hand out; `now` is the current time, in whole seconds since the Unix epoch.
    public func current(at now: Int64) -> String {
        let number = Self.bytes(of: period(at: now))
        return Base64URL.encode(number + Self.code(of: number, keys[0]))
    }

    /// Whether a nonce was handed out by whoever has one of the keys, in this period or the one before.
    ///
    /// One of the next period is taken too, since another process's clock may be ahead.
    public func accepts(_ nonce: String, at now: Int64) -> Bool {
        guard nonce.utf8.count == 32, let bytes = Base64URL.decode(nonce),
            bytes.count == Self.numberBytes + Self.codeBytes
        else { return false }
        let number = Array(bytes.prefix(Self.numberBytes))
        let named = number.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let current = period(at: now)
        guard current &- 1 == named || current == named || current &+ 1 == named else { return false }
        return keys.contains { ConstantTime.areEqual(bytes.suffix(Self.codeBytes), Self.code(of: number, $0)) }
    }

    private func period(at now: Int64) -> UInt64 { UInt64(max(0, now) / lifetime) }

    private static func bytes(of number: UInt64) -> [UInt8] {
        (0..<numberBytes).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (numberBytes - 1 - $0))) }
    }

    private static func code(of number: [UInt8], _ key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: number, using: key).prefix(codeBytes))
    }
}
