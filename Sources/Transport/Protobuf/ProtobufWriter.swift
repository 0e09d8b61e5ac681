// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Appends protobuf fields to a buffer, in the order of the calls.
///
/// Fields are written even when they hold their default value; the caller leaves out what it does not want.
package struct ProtobufWriter {
    package var buffer: ByteBuffer

    package init(_ buffer: ByteBuffer = ByteBuffer()) {
        self.buffer = buffer
    }

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
        buffer.writeInteger(value.bitPattern, endianness: .little)
    }

    package mutating func string(_ field: UInt32, _ value: String) {
        tag(field, 2)
        varint(UInt64(value.utf8.count))
        buffer.writeString(value)
    }

    package mutating func bytes(_ field: UInt32, _ value: some Collection<UInt8>) {
        tag(field, 2)
        varint(UInt64(value.count))
        buffer.writeBytes(value)
    }

    package mutating func bytes(_ field: UInt32, _ value: ByteBuffer) {
        tag(field, 2)
        varint(UInt64(value.readableBytes))
        buffer.writeImmutableBuffer(value)
    }

    /// Bytes that are already fields, such as ones copied from a message received.
    package mutating func fields(_ encoded: some Collection<UInt8>) {
        buffer.writeBytes(encoded)
    }

    package mutating func message<E: Error>(
        _ field: UInt32, _ body: (inout ProtobufWriter) throws(E) -> Void
    ) throws(E) {
        tag(field, 2)
        // Most nested messages are shorter than 128 bytes: one byte of length, moved apart if it was too little.
        let lengthIndex = buffer.writerIndex
        buffer.writeInteger(0, as: UInt8.self)
        try body(&self)
        let length = buffer.writerIndex - lengthIndex - 1
        guard length >= 0x80 else {
            buffer.setInteger(UInt8(truncatingIfNeeded: length), at: lengthIndex)
            return
        }
        guard let content = buffer.getSlice(at: lengthIndex + 1, length: length) else { return }
        buffer.moveWriterIndex(to: lengthIndex)
        varint(UInt64(length))
        buffer.writeImmutableBuffer(content)
    }

    private mutating func tag(_ field: UInt32, _ wireType: UInt64) {
        varint(UInt64(field) << 3 | wireType)
    }

    private mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            buffer.writeInteger(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        buffer.writeInteger(UInt8(truncatingIfNeeded: value))
    }
}
