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
    private var sink: ByteSink
    private var needsComma = false

    /// Makes an empty writer.
    ///
    /// - Parameter capacity: How many bytes to make room for at once.
    public init(capacity: Int = 256) {
        sink = ByteSink(capacity: capacity)
    }

    /// What has been written.
    public var bytes: [UInt8] { sink.bytes }
    /// How many bytes have been written.
    public var count: Int { sink.count }

    /// What has been written, without a copy; the writer is empty then.
    public mutating func take() -> [UInt8] {
        needsComma = false
        return sink.take()
    }

    /// Forgets what has been written and keeps the memory.
    public mutating func removeAll() {
        needsComma = false
        sink.removeAll()
    }

    /// Reads what has been written.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        sink.withUnsafeBytes(body)
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
        let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        let comma = needsComma ? UInt8(ascii: ",") : nil
        sink.append(quoted: name, after: comma, suffix: UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes any member name.
    public mutating func key(any name: String) {
        write(quoted: name, suffix: UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string value.
    public mutating func string(_ value: String) {
        write(quoted: value, suffix: nil)
        needsComma = true
    }

    /// Writes a text in quotes, with the comma that is due in front; nearly all need no escape.
    @inline(__always)
    private mutating func write(quoted text: String, suffix: UInt8?) {
        let comma = needsComma ? UInt8(ascii: ",") : nil
        text.withBytes { bytes in
            if bytes.needsNoEscape {
                return sink.fill(atMost: bytes.count + 4) { $0.put(quoted: bytes, after: comma, suffix: suffix) }
            }
            if let comma { sink.append(comma) }
            Self.appendQuoted(text, to: &sink)
            if let suffix { sink.append(suffix) }
        }
    }

    /// Writes a string value given as valid UTF-8 that needs no escaping.
    package mutating func string(plain value: UnsafeRawBufferPointer) {
        let comma = needsComma ? UInt8(ascii: ",") : nil
        sink.append(quoted: value, after: comma)
        needsComma = true
    }

    /// Writes a string value that needs no escaping.
    public mutating func string(plain value: StaticString) {
        string(plain: UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    }

    /// Writes an integer.
    public mutating func int(_ value: Int64) {
        comma()
        Self.appendDecimal(value, to: &sink)
    }

    /// Writes a Boolean.
    public mutating func bool(_ value: Bool) {
        comma()
        sink.append(value ? "true" : "false")
    }

    /// Writes `null`.
    public mutating func null() {
        comma()
        sink.append("null")
    }

    /// Writes a value that is JSON already.
    public mutating func raw(_ json: [UInt8]) {
        comma()
        sink.append(json)
    }

    /// Writes members or elements that are JSON already, commas included, as they stand between the brackets.
    package mutating func rawMembers(_ json: UnsafeRawBufferPointer) {
        guard !json.isEmpty else { return }
        comma()
        sink.append(json)
    }

    /// Leaves the place of a value empty, for somebody else to fill in.
    public mutating func hole() { comma() }

    /// Writes a value in canonical form.
    public mutating func value(_ value: JSONValue) {
        comma()
        Self.appendCanonical(value, to: &sink)
    }

    @inline(__always)
    private mutating func comma() {
        if needsComma { sink.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ byte: UInt8) {
        comma()
        sink.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        sink.append(byte)
        needsComma = true
    }
}

extension JSONWriter {
    /// Appends a string in quotes, with the escapes that RFC 8785 prescribes and no others.
    public static func appendQuoted(_ string: String, to bytes: inout [UInt8]) {
        string.utf8Span.span.withUnsafeBytes { utf8 in
            guard utf8.needsNoEscape else {
                var sink = ByteSink(capacity: utf8.count + 16)
                appendQuoted(string, to: &sink)
                return bytes.append(contentsOf: sink.bytes)
            }
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: utf8)
            bytes.append(UInt8(ascii: "\""))
        }
    }

    /// Appends a string in quotes, with the escapes that RFC 8785 prescribes and no others.
    package static func appendQuoted(_ string: String, to sink: inout ByteSink) {
        string.utf8Span.span.withUnsafeBytes { utf8 in
            guard utf8.needsNoEscape else {
                sink.append(UInt8(ascii: "\""))
                for byte in utf8 { appendEscaped(byte, to: &sink) }
                sink.append(UInt8(ascii: "\""))
                return
            }
            sink.append(quoted: utf8)
        }
    }

    /// Appends one byte of a string's UTF-8, escaped where JSON wants it.
    private static func appendEscaped(_ byte: UInt8, to sink: inout ByteSink) {
        let short: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): short = byte
        case 0x08: short = UInt8(ascii: "b")
        case 0x09: short = UInt8(ascii: "t")
        case 0x0A: short = UInt8(ascii: "n")
        case 0x0C: short = UInt8(ascii: "f")
        case 0x0D: short = UInt8(ascii: "r")
        case 0..<0x20:
            sink.append("\\u00")
            sink.append(hexadecimalDigit(byte >> 4))
            sink.append(hexadecimalDigit(byte & 0xF))
            return
        default:
            sink.append(byte)
            return
        }
        sink.append(UInt8(ascii: "\\"))
        sink.append(short)
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// Appends an integer in decimal.
    package static func appendDecimal(_ value: Int64, to sink: inout ByteSink) {
        sink.fill(atMost: 20) { space in
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

    /// Appends the canonical text of RFC 8785.
    private static func appendCanonical(_ value: JSONValue, to sink: inout ByteSink) {
        switch value {
        case .null: sink.append("null")
        case .bool(let value): sink.append(value ? "true" : "false")
        case .number(let value): value.canonicalText.utf8Span.span.withUnsafeBytes { sink.append($0) }
        case .string(let value): appendQuoted(value, to: &sink)
        case .array(let elements):
            sink.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { sink.append(UInt8(ascii: ",")) }
                appendCanonical(element, to: &sink)
            }
            sink.append(UInt8(ascii: "]"))
        case .object(let object):
            sink.append(UInt8(ascii: "{"))
            for (index, member) in object.membersInCanonicalOrder.enumerated() {
                if index > 0 { sink.append(UInt8(ascii: ",")) }
                appendQuoted(member.key, to: &sink)
                sink.append(UInt8(ascii: ":"))
                appendCanonical(member.value, to: &sink)
            }
            sink.append(UInt8(ascii: "}"))
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether no byte is a control character, a quotation mark or a backslash; eight at a time.
    fileprivate var needsNoEscape: Bool {
        guard count >= 8 else { return slowlyNeedsNoEscape }
        var offset = 0
        while offset &+ 8 <= count {
            if wordNeedsEscape(at: offset) { return false }
            offset &+= 8
        }
        // The last eight once more, whatever of them was seen before.
        return offset == count || !wordNeedsEscape(at: count &- 8)
    }

    @inline(__always)
    private func wordNeedsEscape(at offset: Int) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        // A byte below n shows in its high bit; bytes from 128 on are masked out by `~word`. A borrow shows only above a
        // byte that was found, so that the answer for the whole word is exact.
        let found = ((word &- ones &* 0x20) & ~word) | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
        return found & highs != 0
    }

    private var slowlyNeedsNoEscape: Bool {
        for index in 0..<count {
            let byte = self[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
        }
        return true
    }
}

extension JSONValue {
    /// The canonical text of RFC 8785: sorted names, no white space, one form for each value.
    public func canonicalBytes() -> [UInt8] {
        var writer = JSONWriter(capacity: 64)
        writer.value(self)
        return writer.take()
    }

    /// Appends the canonical text of RFC 8785.
    public func appendCanonical(to bytes: inout [UInt8]) { bytes += canonicalBytes() }
}
