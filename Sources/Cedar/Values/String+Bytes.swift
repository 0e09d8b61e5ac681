// SPDX-License-Identifier: Apache-2.0

private import Glibc

// Cedar compares strings by code point, `String ==` by canonical equivalence. Every comparison and every hash of a
// string inside this module goes through this file.

extension String {
    /// Whether both strings have the same UTF-8 bytes.
    @inline(__always)
    func hasSameBytes(as other: String) -> Bool { utf8.count == other.utf8.count && order(against: other) == 0 }

    /// Whether the string consists of these bytes.
    func isSame(as bytes: ArraySlice<UInt8>) -> Bool {
        guard utf8.count == bytes.count else { return false }
        return withBytes { left in
            bytes.withUnsafeBytes { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return true }
                return memcmp(first, second, left.count) == 0
            }
        }
    }

    /// Whether this string's UTF-8 bytes sort before the other's.
    @inline(__always)
    func bytesPrecede(_ other: String) -> Bool {
        let order = order(against: other)
        return order < 0 || order == 0 && utf8.count < other.utf8.count
    }

    /// Below zero, zero or above it, as the bytes sort within the length of the shorter string.
    @inline(__always)
    private func order(against other: String) -> CInt {
        withBytes { left in
            other.withBytes { right in
                guard let first = left.baseAddress, let second = right.baseAddress else { return 0 }
                return memcmp(first, second, min(left.count, right.count))
            }
        }
    }

    @inline(__always)
    private func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let answer = utf8.withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) }
        return answer ?? Array(utf8).withUnsafeBytes(body)
    }

    /// Feeds length and UTF-8 bytes, so that neighbouring fields cannot run into each other.
    func hashBytes(into hasher: inout Hasher) {
        var copy = self
        copy.withUTF8 { bytes in
            hasher.combine(bytes.count)
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
    }
}

/// A dictionary key that compares and hashes a string by its UTF-8 bytes.
struct ByteKey: Hashable, Sendable, Comparable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ByteKey, right: ByteKey) -> Bool { left.text.hasSameBytes(as: right.text) }
    static func < (left: ByteKey, right: ByteKey) -> Bool { left.text.bytesPrecede(right.text) }
    func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}
