// SPDX-License-Identifier: Apache-2.0

/// A JSON text that is being written, without white space; commas come by themselves.
///
/// Strings have those escapes only that JSON demands, in the forms of RFC 8785.
struct JSONText {
    private(set) var bytes: [UInt8] = []

    mutating func beginObject() { begin("{") }
    mutating func beginArray() { begin("[") }
    mutating func endObject() { bytes.append(UInt8(ascii: "}")) }
    mutating func endArray() { bytes.append(UInt8(ascii: "]")) }

    /// Writes the name of a member, whose value comes next.
    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func string(_ text: String) {
        begin("\"")
        for byte in text.utf8 { append(byte) }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func int(_ value: Int64) { begin(String(value)) }
    mutating func bool(_ value: Bool) { begin(value ? "true" : "false") }
    mutating func null() { begin("null") }

    /// Writes the beginning of a value or a name, and the comma that is due in front.
    private mutating func begin(_ text: String) {
        switch bytes.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): break
        default: bytes.append(UInt8(ascii: ","))
        }
        bytes.append(contentsOf: text.utf8)
    }

    /// Writes one byte of a string.
    private mutating func append(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): bytes += "\\\"".utf8
        case UInt8(ascii: "\\"): bytes += "\\\\".utf8
        case 0x08: bytes += "\\b".utf8
        case 0x09: bytes += "\\t".utf8
        case 0x0A: bytes += "\\n".utf8
        case 0x0C: bytes += "\\f".utf8
        case 0x0D: bytes += "\\r".utf8
        case 0..<0x20: bytes += (byte < 0x10 ? "\\u000" : "\\u00").utf8 + Array(String(byte, radix: 16).utf8)
        default: bytes.append(byte)
        }
    }
}
