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
        bytes.append(addingCapacity: 36) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                let output = UnsafeMutableRawBufferPointer(buffer)
                let parts = (
                    Self.hexadecimal(high >> 32), Self.hexadecimal(high), Self.hexadecimal(low >> 32),
                    Self.hexadecimal(low)
                )
                output.storeBytes(of: parts.0, toByteOffset: 0, as: UInt64.self)
                output.storeBytes(of: UInt32(truncatingIfNeeded: parts.1), toByteOffset: 9, as: UInt32.self)
                output.storeBytes(of: UInt32(truncatingIfNeeded: parts.1 >> 32), toByteOffset: 14, as: UInt32.self)
                output.storeBytes(of: UInt32(truncatingIfNeeded: parts.2), toByteOffset: 19, as: UInt32.self)
                output.storeBytes(of: UInt32(truncatingIfNeeded: parts.2 >> 32), toByteOffset: 24, as: UInt32.self)
                output.storeBytes(of: parts.3, toByteOffset: 28, as: UInt64.self)
                output[8] = UInt8(ascii: "-")
                output[13] = UInt8(ascii: "-")
                output[18] = UInt8(ascii: "-")
                output[23] = UInt8(ascii: "-")
                count = 36
            }
        }
    }

    /// The eight digits of the lower half, the first in the lowest byte.
    @inline(__always)
    private static func hexadecimal(_ value: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var nibbles = value & 0xFFFF_FFFF
        nibbles = (nibbles << 16 | nibbles) & 0x0000_FFFF_0000_FFFF
        nibbles = (nibbles << 8 | nibbles) & 0x00FF_00FF_00FF_00FF
        nibbles = (nibbles << 4 | nibbles) & 0x0F0F_0F0F_0F0F_0F0F
        let isLetter = (nibbles &+ ones &* (128 - 10)) >> 7 & ones
        return (nibbles &+ ones &* 0x30 &+ isLetter &* 39).byteSwapped
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
