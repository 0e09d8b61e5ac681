// SPDX-License-Identifier: Apache-2.0

/// Walks one message field by field and yields ranges, without decoding what nobody asked for.
///
/// The reader holds positions only; the bytes are passed to each step, so it never outlives or copies them. Nothing
/// recurses: a nested message is another reader, and its caller bounds the nesting.
///
/// ```swift
/// let bytes = buffer.readableBytesUInt8Span
/// var reader = ProtobufReader(0..<bytes.count)
/// while let field = try reader.next(in: bytes) {
///     switch field.number {
///     case 1: name = try field.string(in: bytes)
///     case 2: var inner = try field.message() // walked the same way
///     default: continue // unknown fields are skipped
///     }
/// }
/// ```
package struct ProtobufReader: Sendable {
    package private(set) var position: Int
    package let end: Int

    package init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field, or `nil` at the end of the message.
    package mutating func next(in bytes: Span<UInt8>) throws(ProtobufError) -> ProtobufField? {
        guard position < end else { return nil }
        guard position >= 0, end <= bytes.count else { throw .truncated(offset: position) }
        let start = position
        // Almost every field is bytes with a tag and a length of one byte each.
        if end - start >= 2 {
            let (tag, length) = (bytes[start], bytes[start + 1])
            if tag & 0x87 == 2, tag >= 8, length < 0x80, Int(length) <= end - start - 2 {
                position = start + 2 + Int(length)
                return ProtobufField(
                    number: UInt32(tag >> 3), value: .bytes(start + 2..<position), offset: start, end: position)
            }
        }
        let tag = try varint(in: bytes)
        guard let number = UInt32(exactly: tag >> 3), number > 0, number <= Self.lastFieldNumber else {
            throw .fieldNumber(offset: start)
        }
        let value: ProtobufField.Value
        switch tag & 7 {
        case 0: value = .varint(try varint(in: bytes))
        case 1: value = .fixed64(try fixed(8, in: bytes))
        case 2:
            let length = try varint(in: bytes)
            guard length <= UInt64(end - position) else { throw .truncated(offset: start) }
            let range = position..<position + Int(length)
            position = range.upperBound
            value = .bytes(range)
        case 3: value = .group(try skipGroup(number, in: bytes))
        case 5: value = .fixed32(UInt32(truncatingIfNeeded: try fixed(4, in: bytes)))
        default: throw .wireType(offset: start)
        }
        return ProtobufField(number: number, value: value, offset: start, end: position)
    }

    private static let lastFieldNumber: UInt32 = 1 << 29 - 1
    private static let deepestGroup = 16

    private mutating func varint(in bytes: Span<UInt8>) throws(ProtobufError) -> UInt64 {
        let start = position
        guard start < end else { throw .truncated(offset: start) }
        let first = bytes[start]
        guard first >= 0x80 else {
            position = start + 1
            return UInt64(first)
        }
        var value = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        var index = start + 1
        while shift < 64 {
            guard index < end else { throw .truncated(offset: start) }
            let byte = bytes[index]
            index += 1
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                position = index
                return value
            }
            shift += 7
        }
        throw .varintOverflow(offset: start)
    }

    private mutating func fixed(_ width: Int, in bytes: Span<UInt8>) throws(ProtobufError) -> UInt64 {
        guard end - position >= width else { throw .truncated(offset: position) }
        var value: UInt64 = 0
        for index in 0..<width { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        position += width
        return value
    }

    /// Skips to the end of a group that has just begun; returns what lies between its two tags.
    private mutating func skipGroup(_ number: UInt32, in bytes: Span<UInt8>) throws(ProtobufError) -> Range<Int> {
        let start = position
        var open = [number]
        while true {
            let offset = position
            let tag = try varint(in: bytes)
            guard let number = UInt32(exactly: tag >> 3), number > 0, number <= Self.lastFieldNumber else {
                throw .fieldNumber(offset: offset)
            }
            switch tag & 7 {
            case 0: _ = try varint(in: bytes)
            case 1: _ = try fixed(8, in: bytes)
            case 2:
                let length = try varint(in: bytes)
                guard length <= UInt64(end - position) else { throw .truncated(offset: offset) }
                position += Int(length)
            case 3:
                guard open.count < Self.deepestGroup else { throw .wireType(offset: offset) }
                open.append(number)
            case 4:
                guard open.last == number else { throw .wireType(offset: offset) }
                open.removeLast()
                if open.isEmpty { return start..<offset }
            case 5: _ = try fixed(4, in: bytes)
            default: throw .wireType(offset: offset)
            }
        }
    }
}
