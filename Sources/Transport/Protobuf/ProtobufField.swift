// SPDX-License-Identifier: Apache-2.0

/// One field of a message: its number and where, or what, its value is.
package struct ProtobufField: Sendable, Hashable {
    package enum Value: Sendable, Hashable {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// Strings, bytes, messages and packed lists: a range of the bytes that the reader walks.
        case bytes(Range<Int>)
        /// A group (deprecated since proto2), skipped as a whole.
        case group(Range<Int>)
    }

    package let number: UInt32
    package let value: Value
    /// Where the field's tag begins.
    package let offset: Int
    /// Where the next field begins: `offset..<end` is the whole field as it was sent.
    package let end: Int
}

extension ProtobufField {
    package func unsigned() throws(ProtobufError) -> UInt64 {
        guard case .varint(let value) = value else { throw mismatch }
        return value
    }

    /// The value of an `int64` field.
    package func signed() throws(ProtobufError) -> Int64 {
        Int64(bitPattern: try unsigned())
    }

    /// The value of an `int32` or enum field; bits above 32 are dropped, as protobuf demands.
    package func int32() throws(ProtobufError) -> Int32 {
        Int32(truncatingIfNeeded: try unsigned())
    }

    package func bool() throws(ProtobufError) -> Bool {
        try unsigned() != 0
    }

    package func double() throws(ProtobufError) -> Double {
        guard case .fixed64(let bits) = value else { throw mismatch }
        return Double(bitPattern: bits)
    }

    /// Where the value of a string, bytes or message field lies.
    package func range() throws(ProtobufError) -> Range<Int> {
        guard case .bytes(let range) = value else { throw mismatch }
        return range
    }

    /// A reader for the value of a message field.
    package func message() throws(ProtobufError) -> ProtobufReader {
        ProtobufReader(try range())
    }

    /// Where the value of a string field lies; invalid UTF-8 is an error, never repaired.
    package func utf8(in bytes: Span<UInt8>) throws(ProtobufError) -> Range<Int> {
        let range = try range(in: bytes)
        if !Self.isASCII(bytes, range), (try? UTF8Span(validating: bytes.extracting(range))) == nil {
            throw .invalidUTF8(field: number, offset: range.lowerBound)
        }
        return range
    }

    /// The value of a string field.
    package func string(in bytes: Span<UInt8>) throws(ProtobufError) -> String {
        let range = try range(in: bytes)
        if Self.isASCII(bytes, range) {
            return String(copying: UTF8Span(unchecked: bytes.extracting(range), isKnownASCII: true))
        }
        do {
            return String(copying: try UTF8Span(validating: bytes.extracting(range)))
        } catch {
            throw .invalidUTF8(field: number, offset: range.lowerBound)
        }
    }

    private func range(in bytes: Span<UInt8>) throws(ProtobufError) -> Range<Int> {
        let range = try range()
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { throw .truncated(offset: offset) }
        return range
    }

    private static func isASCII(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        bytes.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[range]).isASCII }
    }

    private var mismatch: ProtobufError { .unexpectedWireType(field: number, offset: offset) }
}

extension UnsafeRawBufferPointer {
    /// Whether every byte is below 128; eight at a time.
    package var isASCII: Bool {
        var offset = 0
        var seen: UInt64 = 0
        while offset &+ 8 <= count {
            seen |= loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        while offset < count {
            seen |= UInt64(self[offset])
            offset &+= 1
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }
}
