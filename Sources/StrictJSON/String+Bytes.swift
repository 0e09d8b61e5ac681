// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Joins texts with one allocation.
    package init(joining texts: [String]) {
        let count = texts.reduce(0) { $0 + $1.utf8.count }
        self.init(unsafeUninitializedCapacity: count) { target in
            var end = 0
            for text in texts {
                text.withBytes { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[end...])
                        .copyMemory(from: bytes)
                    end += bytes.count
                }
            }
            return end
        }
    }

    /// Whether both strings consist of the same UTF-8 bytes; `==` would also accept canonically equivalent ones.
    @inline(__always)
    package func isSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return withBytes { left in other.withBytes { right in left.firstDifference(from: right) == nil } }
    }

    /// The first eight bytes as a number that sorts as they do; zeros stand for what is missing.
    @inline(__always)
    var firstEightBytes: UInt64 {
        withBytes { bytes in
            if bytes.count >= 8 { return UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)) }
            var number: UInt64 = 0
            for byte in bytes { number = number << 8 | UInt64(byte) }
            return bytes.isEmpty ? 0 : number << UInt64(8 &* (8 &- bytes.count))
        }
    }

    /// Whether this string's UTF-16 code units sort before the other's, as RFC 8785 (section 3.2.3) orders names.
    ///
    /// That is the order of the bytes, but for the characters beyond U+FFFF: their surrogates sort before U+E000.
    package func utf16Precedes(_ other: String) -> Bool {
        withBytes { left in
            other.withBytes { right in
                guard let place = left.firstDifference(from: right) else { return left.count < right.count }
                let (first, second) = (left[place], right[place])
                // From here on both are first bytes of a character, or of the same one.
                guard first >= 0xEE, second >= 0xEE, (first >= 0xF0) != (second >= 0xF0) else { return first < second }
                return first >= 0xF0
            }
        }
    }

    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let answer = utf8.withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) }
        return answer ?? utf8Span.span.withUnsafeBytes(body)
    }
}

extension UnsafeRawBufferPointer {
    /// Where the bytes differ first, within the length of the shorter; eight at a time.
    @inline(__always)
    fileprivate func firstDifference(from other: UnsafeRawBufferPointer) -> Int? {
        let count = Swift.min(count, other.count)
        var offset = 0
        while offset &+ 8 <= count {
            let difference =
                loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                ^ other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if difference != 0 { return offset &+ difference.littleEndian.trailingZeroBitCount / 8 }
            offset &+= 8
        }
        while offset < count {
            if self[offset] != other[offset] { return offset }
            offset &+= 1
        }
        return nil
    }
}
