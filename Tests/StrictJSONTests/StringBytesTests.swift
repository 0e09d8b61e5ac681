// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import StrictJSON

@Suite("Strings by their bytes")
struct StringBytesTests {
    /// Long and short, ASCII and not, canonically equivalent, and every kind of first byte.
    static let texts = [
        "", "a", "b", "ab", "abcdefgh", "abcdefgi", "abcdefghi", "abcdefgh\u{0}", "é", "e\u{301}", "\u{7F}", "\u{80}",
        "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFD}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}", "prefix é",
        "prefix \u{FFFD}", "prefix \u{1F600}", "prefix \u{1F601}", "prefix \u{1F600}a",
    ]

    @Test("are the same only if every byte is", arguments: texts)
    func compares(text: String) {
        for other in Self.texts {
            #expect(text.isSameBytes(as: other) == (Array(text.utf8) == Array(other.utf8)))
        }
    }

    @Test("sort by UTF-16 code units where names of members are sorted", arguments: texts)
    func sorts(text: String) {
        for other in Self.texts {
            #expect(text.utf16Precedes(other) == text.utf16.lexicographicallyPrecedes(other.utf16))
        }
    }
}
