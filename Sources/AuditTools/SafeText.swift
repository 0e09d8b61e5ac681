// SPDX-License-Identifier: Apache-2.0

/// Text that callers chose, made harmless for where it is shown (THREATS A7).
package enum SafeText {
    /// For terminals and lines: control and bidirectional characters as `\u{…}`.
    package static func terminal(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isActive) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isActive(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// One field of a CSV line (RFC 4180), always quoted.
    ///
    /// A field that a spreadsheet would take for a formula gets an apostrophe in front.
    package static func csv(_ text: String) -> String {
        var field = terminal(text)
        if let first = field.unicodeScalars.first,
            "=+-@\t\r\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars.contains(first)
        {
            field = "'" + field
        }
        return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// For HTML text and attribute values.
    package static func html(_ text: String) -> String {
        var shown = ""
        for character in terminal(text).unicodeScalars {
            switch character {
            case "&": shown += "&amp;"
            case "<": shown += "&lt;"
            case ">": shown += "&gt;"
            case "\"": shown += "&quot;"
            case "'": shown += "&#39;"
            default: shown.unicodeScalars.append(character)
            }
        }
        return shown
    }

    /// Controls, line and paragraph separators, what turns the direction of text, and what takes no room.
    private static func isActive(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE007F:
            true
        default: false
        }
    }
}
