// SPDX-License-Identifier: Apache-2.0

// Cedar compares strings by code point, `String ==` by canonical equivalence. Every comparison and every hash of a
// string inside this module goes through this file.

extension String {
    /// Whether both strings have the same UTF-8 bytes.
    @inline(__always)
    func hasSameBytes(as other: String) -> Bool {
        let (left, right) = (utf8, other.utf8)
        guard left.count == right.count else { return false }
        let answer = left.withContiguousStorageIfAvailable { leftBytes in
            right.withContiguousStorageIfAvailable { rightBytes in
                equalBytes(UnsafeRawBufferPointer(leftBytes), UnsafeRawBufferPointer(rightBytes))
            }
        }
        if case .some(.some(let same)) = answer { return same }
        return left.elementsEqual(right)
    }

    /// Whether this string's UTF-8 bytes sort before the other's.
    func bytesPrecede(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
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

@inline(__always)
private func equalBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    let count = left.count
    var offset = 0
    while offset &+ 8 <= count {
        let (first, second) = (
            left.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
            right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        )
        if first != second { return false }
        offset &+= 8
    }
    while offset < count {
        if left[offset] != right[offset] { return false }
        offset &+= 1
    }
    return true
}

/// A dictionary key that compares and hashes a string by its UTF-8 bytes.
struct ByteKey: Hashable, Sendable, Comparable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ByteKey, right: ByteKey) -> Bool { left.text.hasSameBytes(as: right.text) }
    static func < (left: ByteKey, right: ByteKey) -> Bool { left.text.bytesPrecede(right.text) }
    func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}
