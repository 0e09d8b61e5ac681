// SPDX-License-Identifier: Apache-2.0

extension JSONReader {
    /// Reads a value, or opens an array or object; `false` if none stands here or it is wrong.
    mutating func value() -> Bool {
        guard position < bytes.count else {
            append(.null, from: position)
            return false
        }
        switch bytes[position] {
        case UInt8(ascii: "{"): openContainer(.object)
        case UInt8(ascii: "["): openContainer(.array)
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
        case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","):
            reportUnexpected(Self.valueInWords)
            append(.null, from: position)
            return false
        default: return word()
        }
        return true
    }

    /// Reads `true`, `false` or `null`.
    private mutating func word() -> Bool {
        let start = position
        while position < bytes.count, Self.isLetterOrDigit(bytes[position]) { position += 1 }
        let word = bytes[start..<position]
        if word.elementsEqual("true".utf8) || word.elementsEqual("false".utf8) {
            append(.boolean, from: start)
            return true
        }
        if word.elementsEqual("null".utf8) {
            append(.null, from: start)
            return true
        }
        position = start
        reportUnexpected(Self.valueInWords)
        skipFault()
        append(.null, from: start)
        return false
    }

    /// Reads a number by the grammar of RFC 8259, section 6.
    private mutating func number() -> Bool {
        let start = position
        // All that a slip of the pen may have put into a number counts as one.
        while position < bytes.count, Self.isLetterOrDigit(bytes[position]) || "+-.".utf8.contains(bytes[position]) {
            position += 1
        }
        append(.number, from: start)
        if Self.isNumber(bytes[start..<position]) { return true }
        let text = String(decoding: bytes[start..<min(position, start + 60)], as: UTF8.self)
        report("`\(text)` is no number that JSON knows", expected: "one such as `10` or `-3`", at: start)
        return false
    }

    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var place = text.startIndex
        func next(is byte: UInt8, or other: UInt8 = 0) -> Bool {
            guard place < text.endIndex, text[place] == byte || text[place] == other else { return false }
            place += 1
            return true
        }
        func digits() -> Bool {
            let start = place
            while place < text.endIndex, isDigit(text[place]) { place += 1 }
            return place > start
        }
        _ = next(is: UInt8(ascii: "-"))
        guard next(is: UInt8(ascii: "0")) || digits() else { return false }
        if next(is: UInt8(ascii: ".")), !digits() { return false }
        if next(is: UInt8(ascii: "e"), or: UInt8(ascii: "E")) {
            _ = next(is: UInt8(ascii: "+"), or: UInt8(ascii: "-"))
            guard digits() else { return false }
        }
        return place == text.endIndex
    }

    /// Reads a string or a name in quotes; one that a line break interrupts ends there.
    mutating func string() -> Bool {
        let (start, problemsBefore) = (position, problems.count)
        var isPlain = true
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            switch bytes[position] {
            case UInt8(ascii: "\\"):
                isPlain = false
                skipEscape()
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                report("the string does not end on its line", expected: "`\"`, or `\\n` for a line break", at: position)
                append(.null, from: start)
                return false
            case 0..<0x20:
                let digits = String(bytes[position], radix: 16)
                let escape = "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                report("control character inside a string", expected: "an escape such as `\(escape)`", at: position)
                position += 1
            default: position += 1
            }
        }
        guard position < bytes.count else {
            if problems.count == problemsBefore { report("the string has no end", expected: "`\"`", at: start) }
            append(.null, from: start)
            return false
        }
        position += 1
        append(.string, from: start, isPlain: isPlain)
        return true
    }

    private mutating func skipEscape() {
        if let (_, end) = JSONEscape.scalar(at: position, in: bytes[...]) {
            position = end
            return
        }
        guard position + 1 < bytes.count else {
            position += 1
            return
        }
        if bytes[position + 1] == UInt8(ascii: "u") {
            report(
                "no escape that JSON knows",
                expected: "`\\u` and four hexadecimal digits, beyond `\\uFFFF` a pair of surrogates", at: position)
        } else {
            report(
                "no escape that JSON knows", expected: "one such as `\\n`, `\\\"`, `\\\\` or `\\u00e9`", at: position)
        }
        position += bytes[position + 1] < 0x20 ? 1 : 2
    }

    // MARK: What lies between

    /// Passes white space, and comments after a word about them.
    mutating func skipSpace() {
        while position < bytes.count {
            if Self.isSpace(bytes[position]) {
                position += 1
            } else if bytes[position] == UInt8(ascii: "/"), position + 1 < bytes.count {
                switch bytes[position + 1] {
                case UInt8(ascii: "/"): skipComment(to: [UInt8(ascii: "\n")])
                case UInt8(ascii: "*"): skipComment(to: [UInt8(ascii: "*"), UInt8(ascii: "/")])
                default: return
                }
            } else {
                return
            }
        }
    }

    private mutating func skipComment(to end: [UInt8]) {
        report("a comment, which JSON does not have", at: position)
        position += 2
        while position < bytes.count, !bytes[position...].starts(with: end) { position += 1 }
        position = min(position + end.count, bytes.count)
    }

    /// Passes what can begin nothing, up to where something can.
    mutating func skipFault() {
        position += 1
        while position < bytes.count, !Self.isPunctuation(bytes[position]), bytes[position] != UInt8(ascii: "\n") {
            position += 1
        }
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    static func isPunctuation(_ byte: UInt8) -> Bool { "{}[],:\"".utf8.contains(byte) }

    /// Whether a value or a name begins here, or something that was meant to be one.
    static func beginsValue(_ byte: UInt8) -> Bool {
        "{[\"-'".utf8.contains(byte) || isLetterOrDigit(byte)
    }

    static func isOpening(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_")
            || byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
    }
}
