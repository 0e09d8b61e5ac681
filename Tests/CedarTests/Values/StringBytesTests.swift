// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Strings by their bytes")
struct StringBytesTests {
    /// Long and short, ASCII and not, canonically equivalent, and every kind of first byte.
    static let texts = [
        "", "a", "b", "ab", "a\u{0}", "abcdefghijklmnop", "abcdefghijklmnoq", "abcdefghijklmnopq", "é", "e\u{301}",
        "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}", "prefix é",
        "prefix \u{FFFD}", "prefix \u{1F600}",
    ]

    @Test("are the same only if every byte is, and sort by code points", arguments: texts)
    func compares(text: String) {
        for other in Self.texts {
            #expect(text.hasSameBytes(as: other) == (Array(text.utf8) == Array(other.utf8)))
            #expect(text.bytesPrecede(other) == text.utf8.lexicographicallyPrecedes(other.utf8))
        }
    }
}
