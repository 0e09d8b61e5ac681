// SPDX-License-Identifier: Apache-2.0

/// A JSON text that is being written, without white space; commas come by themselves.
///
/// Strings have those escapes only that JSON demands, in the forms of RFC 8785.
struct JSONText {
    private(set) var bytes: [UInt8] = []

    mutating func beginObject() { begin(UInt8(ascii: "{")) }
    mutating func beginArray() { begin(UInt8(ascii: "[")) }
    mutating func endObject() { bytes.append(UInt8(ascii: "}")) }
    mutating func endArray() { bytes.append(UInt8(ascii: "]")) }

    /// Writes the name of a member, whose value comes next.
    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func string(_ text: String) {
        begin(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { text in
            // What needs no escape is copied as a whole.
            var start = 0
            for index in text.indices where Self.needsEscape(text[index]) {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
                appendEscape(of: text[index])
                start = index + 1
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func int(_ value: Int64) { word(String(value)) }
    mutating func bool(_ value: Bool) { word(value ? "true" : "false") }
    mutating func null() { word("null") }

    private mutating func word(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func begin(_ byte: UInt8) {
        separate()
        bytes.append(byte)
    }

    /// Writes the comma that is due in front of a value or a name.
    private mutating func separate() {
        switch bytes.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): break
        default: bytes.append(UInt8(ascii: ","))
        }
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func appendEscape(of byte: UInt8) {
        let short: UInt8
        switch byte {
        case 0x08: short = UInt8(ascii: "b")
        case 0x09: short = UInt8(ascii: "t")
        case 0x0A: short = UInt8(ascii: "n")
        case 0x0C: short = UInt8(ascii: "f")
        case 0x0D: short = UInt8(ascii: "r")
        case 0..<0x20:
            let digits = String(byte, radix: 16)
            bytes += Array((byte < 0x10 ? "\\u000" : "\\u00").utf8) + Array(digits.utf8)
            return
        default: short = byte
        }
        bytes += [UInt8(ascii: "\\"), short]
    }
}
