// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import StrictJSON

/// Appends protobuf fields to bytes, in the order of the calls.
///
/// Fields are written even when they hold their default value; the caller leaves out what it does not want.
package struct ProtobufWriter {
    private var sink: ByteSink

    /// Makes an empty writer with room for this many bytes.
    package init(capacity: Int = 256) { sink = ByteSink(capacity: capacity) }

    /// What has been written.
    package var bytes: [UInt8] { sink.bytes }
    /// What has been written, as a buffer of its own.
    package var buffer: ByteBuffer { sink.withUnsafeBytes { ByteBuffer(bytes: $0) } }

    package mutating func varint(_ field: UInt32, _ value: UInt64) {
        tag(field, 0)
        varint(value)
    }

    package mutating func int64(_ field: UInt32, _ value: Int64) { varint(field, UInt64(bitPattern: value)) }

    /// `int32` and enum fields; negative numbers take ten bytes, as protobuf demands.
    package mutating func int32(_ field: UInt32, _ value: Int32) { int64(field, Int64(value)) }

    package mutating func bool(_ field: UInt32, _ value: Bool) { varint(field, value ? 1 : 0) }

    package mutating func double(_ field: UInt32, _ value: Double) {
        tag(field, 1)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { sink.append($0) }
    }

    package mutating func string(_ field: UInt32, _ value: String) {
        value.utf8Span.span.withUnsafeBytes { self.bytes(field, $0) }
    }

    package mutating func string(_ field: UInt32, _ value: StaticString) {
        value.withUTF8Buffer { self.bytes(field, UnsafeRawBufferPointer($0)) }
    }

    package mutating func bytes(_ field: UInt32, _ value: UnsafeRawBufferPointer) {
        sink.fill(atMost: value.count + 15) { space in
            space.put(varint: Int(field) << 3 | 2)
            space.put(varint: value.count)
            space.put(value)
        }
    }

    /// An entry of a map from strings to messages: `field { 1: key, 2: { inner: value } }`, written in one go.
    package mutating func entry(_ field: UInt32, _ key: StaticString, inner: UInt32, _ value: String) {
        value.utf8Span.span.withUnsafeBytes { value in
            let (innerTag, keyLength) = (Int(inner) << 3 | 2, key.utf8CodeUnitCount)
            let content = Self.size(ofVarint: innerTag) + Self.size(ofVarint: value.count) + value.count
            let entry =
                1 + Self.size(ofVarint: keyLength) + keyLength + 1 + Self.size(ofVarint: content) + content
            sink.fill(atMost: entry + 20) { space in
                space.put(varint: Int(field) << 3 | 2)
                space.put(varint: entry)
                space.put(varint: 1 << 3 | 2)
                space.put(varint: keyLength)
                space.put(key)
                space.put(varint: 2 << 3 | 2)
                space.put(varint: content)
                space.put(varint: innerTag)
                space.put(varint: value.count)
                space.put(value)
            }
        }
    }

    private static func size(ofVarint value: Int) -> Int {
        var (size, rest) = (1, value >> 7)
        while rest > 0 {
            size += 1
            rest >>= 7
        }
        return size
    }

    package mutating func bytes(_ field: UInt32, _ value: [UInt8]) {
        value.withUnsafeBytes { self.bytes(field, $0) }
    }

    package mutating func bytes(_ field: UInt32, _ value: ByteBuffer) {
        value.withUnsafeReadableBytes { self.bytes(field, $0) }
    }

    /// Bytes that are already fields, such as ones copied from a message received.
    package mutating func fields(_ encoded: some Collection<UInt8>) {
        sink.append(Array(encoded))
    }

    package mutating func message<E: Error>(
        _ field: UInt32, _ body: (inout ProtobufWriter) throws(E) -> Void
    ) throws(E) {
        tag(field, 2)
        // Most nested messages are shorter than 128 bytes: one byte of length, moved apart if it was too little.
        let start = sink.count
        sink.append(0)
        try body(&self)
        let length = sink.count - start - 1
        guard length >= 0x80 else { return sink.replace(at: start, with: UInt8(truncatingIfNeeded: length)) }
        sink.replace(at: start, with: UInt8(truncatingIfNeeded: length) | 0x80)
        var rest = ProtobufWriter(capacity: 10)
        rest.varint(UInt64(length >> 7))
        sink.insert(rest.bytes, at: start + 1)
    }

    private mutating func tag(_ field: UInt32, _ wireType: UInt64) {
        varint(UInt64(field) << 3 | wireType)
    }

    private mutating func varint(_ value: UInt64) {
        sink.fill(atMost: 10) { $0.put(varint: Int(truncatingIfNeeded: value)) }
    }
}
