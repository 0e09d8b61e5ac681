// SPDX-License-Identifier: Apache-2.0

/// Base64url without padding (RFC 4648, section 5; RFC 7515, section 2), in its one canonical form.
package enum Base64URL {
    /// What a character stands for in each of the four places of a group, one table after the other.
    ///
    /// The upper eight bits mark characters outside the alphabet.
    private static let places: [UInt32] = {
        var table = [UInt32](repeating: foreign, count: 4 * 256)
        for (value, character) in alphabet.enumerated() {
            for place in 0..<4 { table[place * 256 + Int(character)] = UInt32(value) << UInt32(18 - 6 * place) }
        }
        return table
    }()

    private static let foreign: UInt32 = 0xFF00_0000

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Decodes, or returns `nil` for any foreign character, padding, an impossible length, or unused bits that are set.
    package static func decode(_ input: Span<UInt8>) -> [UInt8]? { withDecoded(input) { Array($0) } }

    /// Decodes as ``decode(_:)`` does, into memory that lasts as long as the call.
    static func withDecoded<Result>(
        _ input: Span<UInt8>, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        guard let size = decodedCount(input.count) else { return nil }
        return input.withUnsafeBytes { input in
            withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { output in
                decode(input, into: output) ? body(UnsafeRawBufferPointer(output)) : nil
            }
        }
    }

    /// How many bytes so many characters stand for; `nil` if no bytes have that many.
    private static func decodedCount(_ characters: Int) -> Int? {
        let remainder = characters & 3
        return remainder == 1 ? nil : characters / 4 * 3 + (remainder == 0 ? 0 : remainder - 1)
    }

    /// Fills memory of exactly the decoded size; `false` if the input is not canonical.
    private static func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        places.withUnsafeBufferPointer { places in
            var (read, written) = (0, 0)
            var seen: UInt32 = 0
            // Each group is stored with a byte too many, which the next one overwrites.
            while read &+ 4 <= input.count, written &+ 4 <= output.count {
                let word = UInt32(littleEndian: input.loadUnaligned(fromByteOffset: read, as: UInt32.self))
                let bits = group(word, places)
                seen |= bits
                output.storeBytes(of: (bits << 8).bigEndian, toByteOffset: written, as: UInt32.self)
                read &+= 4
                written &+= 3
            }
            guard read < input.count else { return seen & foreign == 0 }
            // The last group, whole or with `A`, which is zero, for what is missing.
            let rest = input.count &- read
            var word: UInt32 = 0x4141_4141
            withUnsafeMutableBytes(of: &word) { $0.copyBytes(from: input[read...]) }
            let bits = group(UInt32(littleEndian: word), places)
            seen |= bits
            for place in 0..<min(rest &- 1, 3) {
                output[written &+ place] = UInt8(truncatingIfNeeded: bits >> UInt32(16 &- 8 &* place))
            }
            let unused: UInt32 = rest == 2 ? 0xFFFF : rest == 3 ? 0xFF : 0
            return seen & foreign == 0 && bits & unused == 0
        }
    }

    /// The 24 bits of four characters, the first one in the lowest byte.
    @inline(__always)
    private static func group(_ word: UInt32, _ places: UnsafeBufferPointer<UInt32>) -> UInt32 {
        places[Int(word & 0xFF)] | places[256 &+ Int(word >> 8 & 0xFF)] | places[512 &+ Int(word >> 16 & 0xFF)]
            | places[768 &+ Int(word >> 24)]
    }

    /// Decodes a string as ``decode(_:)`` does bytes.
    package static func decode(_ input: String) -> [UInt8]? { decode(input.utf8Span.span) }

    /// Encodes without padding; of a long result only so many characters, if that is asked for.
    package static func encode(_ bytes: some Sequence<UInt8>, prefix: Int = .max) -> String {
        let text = bytes.withContiguousStorageIfAvailable { encode(UnsafeRawBufferPointer($0), prefix) }
        return text ?? Array(bytes).withUnsafeBytes { encode($0, prefix) }
    }

    private static func encode(_ bytes: UnsafeRawBufferPointer, _ prefix: Int) -> String {
        let count = min(prefix, (bytes.count * 4 + 2) / 3)
        return String(unsafeUninitializedCapacity: count) { target in
            alphabet.withUnsafeBufferPointer { alphabet in
                for index in 0..<count {
                    let (byte, bit) = (index &* 6 / 8, index &* 6 % 8)
                    let next = byte &+ 1 < bytes.count ? UInt32(bytes[byte &+ 1]) : 0
                    let pair = UInt32(bytes[byte]) << 8 | next
                    target[index] = alphabet[Int(pair >> UInt32(10 &- bit)) & 63]
                }
            }
            return count
        }
    }
}
