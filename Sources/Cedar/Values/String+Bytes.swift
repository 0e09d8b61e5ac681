// SPDX-License-Identifier: Apache-2.0

import StrictJSON

// Cedar compares strings by code point, `String ==` by canonical equivalence. Every comparison and every hash of a
// string inside this module goes through this file.

extension String {
    /// Whether both strings have the same UTF-8 bytes.
    @inline(__always)
    func hasSameBytes(as other: String) -> Bool { isSameBytes(as: other) }

    /// Whether this string's UTF-8 bytes sort before the other's.
    @inline(__always)
    func bytesPrecede(_ other: String) -> Bool { sortsBefore(other) }

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
