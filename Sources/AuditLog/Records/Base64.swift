// SPDX-License-Identifier: Apache-2.0

import CAudit
package import StrictJSON

/// Base 64 (RFC 4648): standard with padding for notes, URL-safe without padding for disclosures.
package enum Base64 {
    /// The two alphabets and their padding.
    package enum Alphabet {
        /// Section 4, padded.
        case standard
        /// Section 5, not padded.
        case urlSafe
    }

    private static let standardDigits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlSafeDigits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let standardValues = values(of: standardDigits)
    private static let urlSafeValues = values(of: urlSafeDigits)

    private static func values(of digits: [UInt8]) -> [UInt8] {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }

    /// How many characters encode so many bytes.
    package static func encodedCount(_ count: Int, _ alphabet: Alphabet) -> Int {
        alphabet == .standard ? (count + 2) / 3 * 4 : count / 3 * 4 + (count % 3 == 0 ? 0 : count % 3 + 1)
    }

    private static let hasVectors = countersign_base64_is_available()

    /// Appends the encoding of some bytes.
    package static func append(_ input: UnsafeRawBufferPointer, _ alphabet: Alphabet, to output: inout [UInt8]) {
        output.append(addingCapacity: encodedCount(input.count, alphabet)) { span in
            span.withUnsafeMutableBufferPointer { buffer, count in
                count = encode(input, alphabet, into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }

    /// Appends the encoding of some bytes.
    package static func append(_ input: UnsafeRawBufferPointer, _ alphabet: Alphabet, to output: inout ByteSink) {
        let count = encodedCount(input.count, alphabet)
        output.fill(atMost: count) { $0.put(atMost: count) { encode(input, alphabet, into: $0) } }
    }

    /// Writes the encoding into a buffer of ``encodedCount(_:_:)`` bytes and returns its length.
    private static func encode(
        _ input: UnsafeRawBufferPointer, _ alphabet: Alphabet, into output: UnsafeMutableRawBufferPointer
    ) -> Int {
        guard hasVectors else { return encode(input, from: 0, alphabet, into: output) }
        let lastDigits: (CChar, CChar) = alphabet == .standard ? (0x2B, 0x2F) : (0x2D, 0x5F)
        var written = withUnsafeBytes(of: lastDigits) { lastDigits in
            countersign_base64(
                input.baseAddress, input.count, lastDigits.assumingMemoryBound(to: CChar.self).baseAddress,
                output.baseAddress)
        }
        while alphabet == .standard, written % 4 != 0 {
            output[written] = UInt8(ascii: "=")
            written += 1
        }
        return written
    }

    /// The way without vectors: six bytes at a time, from an offset that is a multiple of three.
    static func encode(
        _ input: UnsafeRawBufferPointer, from start: Int, _ alphabet: Alphabet,
        into output: UnsafeMutableRawBufferPointer
    ) -> Int {
        let last = LastDigits(alphabet)
        var read = start
        var written = start / 3 * 4
        // Eight bytes are read for six, so that the last ones take the other way.
        while read + 8 <= input.count {
            let word = UInt64(bigEndian: input.loadUnaligned(fromByteOffset: read, as: UInt64.self))
            let digits = digits(of: word >> 16, last).bigEndian
            output.storeBytes(of: digits, toByteOffset: written, as: UInt64.self)
            read += 6
            written += 8
        }
        while read < input.count {
            let count = min(3, input.count - read)
            var bits: UInt64 = 0
            for place in 0..<3 { bits = bits << 8 | UInt64(place < count ? input[read + place] : 0) }
            let digits = digits(of: bits << 24, last)
            for place in 0..<4 where place <= count || alphabet == .standard {
                let digit = UInt8(truncatingIfNeeded: digits >> UInt64(56 - 8 * place))
                output[written] = place <= count ? digit : UInt8(ascii: "=")
                written += 1
            }
            read += count
        }
        return written
    }

    /// What the last two digits of an alphabet differ from the plain sequence by.
    private struct LastDigits {
        let subtrahend: UInt64
        let addend: UInt64

        init(_ alphabet: Alphabet) { (subtrahend, addend) = alphabet == .standard ? (15, 3) : (13, 49) }
    }

    /// The eight digits of 48 bits, the first in the highest byte.
    ///
    /// All at once and without a table: the time does not depend on the data.
    @inline(__always)
    private static func digits(of bits: UInt64, _ last: LastDigits) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var values = (bits & 0xFFFF_FF00_0000) << 8 | bits & 0xFF_FFFF
        values = (values & 0x00FF_F000_00FF_F000) << 4 | values & 0x0000_0FFF_0000_0FFF
        values = (values & 0x0FC0_0FC0_0FC0_0FC0) << 2 | values & 0x003F_003F_003F_003F
        // One in each byte whose value is at least the given one.
        let isSmall = (values &+ ones &* (128 - 26)) >> 7 & ones
        let isDigit = (values &+ ones &* (128 - 52)) >> 7 & ones
        let isLastTwo = (values &+ ones &* (128 - 62)) >> 7 & ones
        let isLast = (values &+ ones &* (128 - 63)) >> 7 & ones
        return values &+ ones &* 65 &+ isSmall &* 6 &- isDigit &* 75 &- isLastTwo &* last.subtrahend
            &+ isLast &* last.addend
    }

    /// The encoding as a string.
    package static func encode(_ input: some Collection<UInt8>, _ alphabet: Alphabet) -> String {
        var output: [UInt8] = []
        Array(input).withUnsafeBytes { append($0, alphabet, to: &output) }
        return String(decoding: output, as: UTF8.self)
    }

    /// The value of a digit of the alphabet for URLs; 64 or more for any other byte.
    static func urlSafeValue(of digit: UInt8) -> UInt8 {
        switch digit {
        case 0x41...0x5A: digit - 0x41
        case 0x61...0x7A: digit - 0x47
        case 0x30...0x39: digit + 4
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: 255
        }
    }

    /// Decodes strictly: no white space, exact padding, unused bits zero; `nil` for anything else.
    package static func decode(_ text: some Collection<UInt8>, _ alphabet: Alphabet) -> [UInt8]? {
        let values = alphabet == .standard ? standardValues : urlSafeValues
        var digits = Array(text)
        if alphabet == .standard {
            guard digits.count % 4 == 0 else { return nil }
            if digits.last == UInt8(ascii: "=") { digits.removeLast() }
            if digits.last == UInt8(ascii: "=") { digits.removeLast() }
        }
        guard digits.count % 4 != 1 else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(digits.count * 3 / 4)
        var bits: UInt32 = 0
        var held = 0
        for digit in digits {
            let value = values[Int(digit)]
            guard value < 64 else { return nil }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
                bits &= (1 << UInt32(held)) - 1
            }
        }
        return bits == 0 ? output : nil
    }
}
