// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A time-ordered identifier (RFC 9562, section 5.7).
///
/// Identifiers of one process are strictly increasing: the twelve bits after the version count within a
/// millisecond (RFC 9562, section 6.2, method 1), and the millisecond runs ahead when the count overflows.
public struct UUIDv7: Sendable, Hashable {
    /// The first eight bytes: 48 bits of Unix milliseconds, the version, the counter.
    public let high: UInt64
    /// The last eight bytes: the variant and 62 random bits.
    public let low: UInt64

    /// Makes the next identifier of this process.
    public init() {
        let now = AuditTimestamp.now.microseconds / 1000
        high = Self.last.withLock { last in
            // The low 12 bits of `last` count; the rest is the millisecond.
            last = Swift.max(last &+ 1, UInt64(truncatingIfNeeded: now) << 12)
            return (last >> 12) << 16 | 0x7000 | (last & 0xFFF)
        }
        low = RandomPool.next64() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    private static let last = Mutex<UInt64>(0)

    /// Appends the 36 characters of the text form, in lower case.
    public func append(to bytes: inout [UInt8]) {
        appendHex(high >> 32, digits: 8, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendHex(high >> 16, digits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendHex(high, digits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendHex(low >> 48, digits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendHex(low, digits: 12, to: &bytes)
    }

    private func appendHex(_ value: UInt64, digits: UInt64, to bytes: inout [UInt8]) {
        var shift = digits * 4
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: value >> shift & 0xF)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }
}

extension UUIDv7: CustomStringConvertible {
    /// The text form, such as `0192f0c1-7b3a-7000-8f00-0123456789ab`.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
