// SPDX-License-Identifier: Apache-2.0

/// Base64url without padding (RFC 4648, section 5; RFC 7515, section 2), in its one canonical form.
package enum Base64URL {
    /// 255 marks a character outside the alphabet.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Decodes, or returns `nil` for any foreign character, padding, an impossible length, or unused bits that are set.
    package static func decode(_ input: Span<UInt8>) -> [UInt8]? {
        let remainder = input.count & 3
        guard remainder != 1 else { return nil }
        let table = values.span
        var output = [UInt8](repeating: 0, count: input.count / 4 * 3 + (remainder == 0 ? 0 : remainder - 1))
        var read = 0
        var written = 0
        var invalid: UInt8 = 0
        while read + 4 <= input.count {
            let (a, b) = (table[Int(input[read])], table[Int(input[read + 1])])
            let (c, d) = (table[Int(input[read + 2])], table[Int(input[read + 3])])
            invalid |= a | b | c | d
            output[written] = a << 2 | b >> 4
            output[written + 1] = b << 4 | c >> 2
            output[written + 2] = c << 6 | d
            read += 4
            written += 3
        }
        if remainder > 0 {
            let (a, b) = (table[Int(input[read])], table[Int(input[read + 1])])
            let c = remainder == 3 ? table[Int(input[read + 2])] : 0
            invalid |= a | b | c
            output[written] = a << 2 | b >> 4
            if remainder == 3 { output[written + 1] = b << 4 | c >> 2 }
            let unused = remainder == 2 ? b & 0x0F : c & 0x03
            guard unused == 0 else { return nil }
        }
        // The alphabet's values are below 64; only the mark for foreign characters has the upper bits.
        return invalid & 0xC0 == 0 ? output : nil
    }

    /// Decodes a string as ``decode(_:)`` does bytes.
    package static func decode(_ input: String) -> [UInt8]? { decode(input.utf8Span.span) }

    /// Encodes without padding; of a long result only so many characters, if that is asked for.
    package static func encode(_ bytes: some Sequence<UInt8>, prefix: Int = .max) -> String {
        let table = alphabet
        var output: [UInt8] = []
        output.reserveCapacity(min(prefix, bytes.underestimatedCount / 3 * 4 + 4))
        var pending: UInt32 = 0
        var bits = 0
        for byte in bytes where output.count < prefix {
            pending = (pending << 8 | UInt32(byte)) & 0x3FFF
            bits += 8
            while bits >= 6 {
                bits -= 6
                output.append(table[Int(pending >> UInt32(bits)) & 63])
            }
        }
        if bits > 0 { output.append(table[Int(pending << UInt32(6 - bits)) & 63]) }
        return String(decoding: output.prefix(prefix), as: UTF8.self)
    }
}
