// SPDX-License-Identifier: Apache-2.0

/// Writes JSON straight to bytes, without white space and with the escapes of RFC 8785 (section 3.2.2.2).
///
/// The caller orders the members; with sorted names the output is canonical. Commas are placed by the writer.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.beginObject()
/// writer.key("allow")
/// writer.bool(false)
/// writer.endObject()  // {"allow":false}
/// ```
public struct JSONWriter: Sendable {
    /// What has been written.
    public var bytes: [UInt8]
    private var needsComma = false

    /// Makes an empty writer.
    ///
    /// - Parameter capacity: How many bytes to make room for at once.
    public init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Opens an object.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    /// Closes an object.
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    /// Opens an array.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    /// Closes an array.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes a member name that needs no escaping: letters, digits, `_`, `.` and `-` only.
    public mutating func key(_ name: StaticString) {
        let separator = needsComma
        bytes.append(atMost: name.utf8CodeUnitCount + 4) { space in
            if separator { space.put(UInt8(ascii: ",")) }
            space.put(UInt8(ascii: "\""))
            space.put(name)
            space.put(UInt8(ascii: "\""))
            space.put(UInt8(ascii: ":"))
        }
        needsComma = false
    }

    /// Writes any member name.
    public mutating func key(any name: String) {
        comma()
        Self.appendQuoted(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string value.
    public mutating func string(_ value: String) {
        comma()
        Self.appendQuoted(value, to: &bytes)
    }

    /// Writes a string value that needs no escaping.
    public mutating func string(plain value: StaticString) {
        let separator = needsComma
        bytes.append(atMost: value.utf8CodeUnitCount + 3) { space in
            if separator { space.put(UInt8(ascii: ",")) }
            space.put(UInt8(ascii: "\""))
            space.put(value)
            space.put(UInt8(ascii: "\""))
        }
        needsComma = true
    }

    /// Writes an integer.
    public mutating func int(_ value: Int64) {
        comma()
        Self.appendDecimal(value, to: &bytes)
    }

    /// Writes a Boolean.
    public mutating func bool(_ value: Bool) {
        comma()
        bytes.append(contentsOf: value ? Self.trueBytes : Self.falseBytes)
    }

    /// Writes `null`.
    public mutating func null() {
        comma()
        bytes.append(contentsOf: Self.nullBytes)
    }

    /// Writes a value that is JSON already.
    public mutating func raw(_ json: some Sequence<UInt8>) {
        comma()
        bytes.append(contentsOf: json)
    }

    /// Writes a value in canonical form.
    public mutating func value(_ value: JSONValue) {
        comma()
        value.appendCanonical(to: &bytes)
    }

    private static let trueBytes = Array("true".utf8)
    private static let falseBytes = Array("false".utf8)
    private static let nullBytes = Array("null".utf8)

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ byte: UInt8) {
        comma()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }
}

extension JSONWriter {
    /// Appends a string in quotes, with the escapes that RFC 8785 prescribes and no others.
    public static func appendQuoted(_ string: String, to bytes: inout [UInt8]) {
        string.utf8Span.span.withUnsafeBytes { utf8 in
            guard utf8.needsNoEscape else {
                bytes.append(UInt8(ascii: "\""))
                for byte in utf8 { appendEscaped(byte, to: &bytes) }
                bytes.append(UInt8(ascii: "\""))
                return
            }
            bytes.append(atMost: utf8.count + 2) { space in
                    space.put(UInt8(ascii: "\""))
                space.put(utf8)
                space.put(UInt8(ascii: "\""))
                }
        }
    }

    /// Appends one byte of a string's UTF-8, escaped where JSON wants it.
    private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
        let short: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): short = byte
        case 0x08: short = UInt8(ascii: "b")
        case 0x09: short = UInt8(ascii: "t")
        case 0x0A: short = UInt8(ascii: "n")
        case 0x0C: short = UInt8(ascii: "f")
        case 0x0D: short = UInt8(ascii: "r")
        case 0..<0x20:
            bytes.append(contentsOf: Array("\\u00".utf8))
            bytes.append(hexadecimalDigit(byte >> 4))
            bytes.append(hexadecimalDigit(byte & 0xF))
            return
        default:
            bytes.append(byte)
            return
        }
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(short)
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// Appends an integer in decimal.
    public static func appendDecimal(_ value: Int64, to bytes: inout [UInt8]) {
        bytes.append(atMost: 20) { space in
            if value < 0 { space.put(UInt8(ascii: "-")) }
            let rest = value.magnitude
            var divisor: UInt64 = 1
            while rest / divisor >= 10 { divisor *= 10 }
            while divisor > 0 {
                space.put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / divisor % 10))
                divisor /= 10
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether no byte is a control character, a quotation mark or a backslash; eight at a time.
    fileprivate var needsNoEscape: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        var offset = 0
        while offset &+ 8 <= count {
            let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // A byte below n shows in its high bit; bytes from 128 on are masked out by `~word`.
            let found =
                ((word &- ones &* 0x20) & ~word) | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
            if found & highs != 0 { return slowlyNeedsNoEscape(from: offset) }
            offset &+= 8
        }
        return slowlyNeedsNoEscape(from: offset)
    }

    private func slowlyNeedsNoEscape(from start: Int) -> Bool {
        for index in start..<count {
            let byte = self[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
        }
        return true
    }
}

extension JSONValue {
    /// The canonical text of RFC 8785: sorted names, no white space, one form for each value.
    public func canonicalBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        appendCanonical(to: &bytes)
        return bytes
    }

    /// Appends the canonical text of RFC 8785.
    public func appendCanonical(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: Array("null".utf8))
        case .bool(let value): bytes.append(contentsOf: Array((value ? "true" : "false").utf8))
        case .number(let value): bytes.append(contentsOf: Array(value.canonicalText.utf8))
        case .string(let value): JSONWriter.appendQuoted(value, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.appendCanonical(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in object.membersInCanonicalOrder.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONWriter.appendQuoted(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.appendCanonical(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}
