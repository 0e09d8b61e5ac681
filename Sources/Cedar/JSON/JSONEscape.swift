// SPDX-License-Identifier: Apache-2.0

/// The escapes that strings may have in JSON (RFC 8259, section 7).
enum JSONEscape {
    /// What the escape that begins with a backslash at this place stands for, and where it ends; `nil` if it is none.
    ///
    /// A surrogate pair is one escape; half of one is none.
    static func scalar(at start: Int, in bytes: ArraySlice<UInt8>) -> (scalar: Unicode.Scalar, end: Int)? {
        guard start + 1 < bytes.endIndex else { return nil }
        let short: Unicode.Scalar
        switch bytes[start + 1] {
        case UInt8(ascii: "u"): return codePoint(at: start, in: bytes)
        case UInt8(ascii: "\""): short = "\""
        case UInt8(ascii: "\\"): short = "\\"
        case UInt8(ascii: "/"): short = "/"
        case UInt8(ascii: "b"): short = "\u{8}"
        case UInt8(ascii: "f"): short = "\u{C}"
        case UInt8(ascii: "n"): short = "\n"
        case UInt8(ascii: "r"): short = "\r"
        case UInt8(ascii: "t"): short = "\t"
        default: return nil
        }
        return (short, start + 2)
    }

    private static func codePoint(at start: Int, in bytes: ArraySlice<UInt8>) -> (scalar: Unicode.Scalar, end: Int)? {
        guard let unit = codeUnit(at: start, in: bytes) else { return nil }
        if let scalar = Unicode.Scalar(unit) { return (scalar, start + 6) }
        guard UTF16.isLeadSurrogate(unit), let other = codeUnit(at: start + 6, in: bytes),
            UTF16.isTrailSurrogate(other),
            let scalar = Unicode.Scalar(0x1_0000 + (UInt32(unit & 0x3FF) << 10 | UInt32(other & 0x3FF)))
        else { return nil }
        return (scalar, start + 12)
    }

    /// The four digits of `\uXXXX`.
    private static func codeUnit(at start: Int, in bytes: ArraySlice<UInt8>) -> UInt16? {
        guard start + 6 <= bytes.endIndex, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt16 = 0
        for byte in bytes[(start + 2)..<(start + 6)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// The text that escapes stand in; all of them are valid.
    static func unescaped(_ content: ArraySlice<UInt8>) -> String {
        var (text, place): ([UInt8], Int) = ([], content.startIndex)
        text.reserveCapacity(content.count)
        while place < content.endIndex {
            if content[place] == UInt8(ascii: "\\"), let (scalar, end) = scalar(at: place, in: content) {
                text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                place = end
            } else {
                text.append(content[place])
                place += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
