// SPDX-License-Identifier: Apache-2.0

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

    /// Appends the encoding of some bytes.
    package static func append(_ input: UnsafeRawBufferPointer, _ alphabet: Alphabet, to output: inout [UInt8]) {
        let digits = alphabet == .standard ? standardDigits : urlSafeDigits
        digits.withUnsafeBufferPointer { digits in
            var index = 0
            while index + 2 < input.count {
                let bits = Int(input[index]) << 16 | Int(input[index + 1]) << 8 | Int(input[index + 2])
                output.append(digits[bits >> 18])
                output.append(digits[bits >> 12 & 63])
                output.append(digits[bits >> 6 & 63])
                output.append(digits[bits & 63])
                index += 3
            }
            let rest = input.count - index
            guard rest > 0 else { return }
            let bits = Int(input[index]) << 16 | (rest == 2 ? Int(input[index + 1]) << 8 : 0)
            output.append(digits[bits >> 18])
            output.append(digits[bits >> 12 & 63])
            if rest == 2 { output.append(digits[bits >> 6 & 63]) }
            guard alphabet == .standard else { return }
            for _ in rest..<3 { output.append(UInt8(ascii: "=")) }
        }
    }

    /// The encoding as a string.
    package static func encode(_ input: some Collection<UInt8>, _ alphabet: Alphabet) -> String {
        var output: [UInt8] = []
        Array(input).withUnsafeBytes { append($0, alphabet, to: &output) }
        return String(decoding: output, as: UTF8.self)
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
