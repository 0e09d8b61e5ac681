// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing
import Transport

@Suite("Protobuf wire format")
struct ProtobufTests {
    private func fields(_ bytes: [UInt8]) throws(ProtobufError) -> [ProtobufField] {
        var reader = ProtobufReader(0..<bytes.count)
        var fields: [ProtobufField] = []
        while let field = try reader.next(in: bytes.span) { fields.append(field) }
        return fields
    }

    @Test("what the writer writes, the reader reads", arguments: [0, 1, 100, 127, 128, 300, 20_000])
    func roundTrip(length: Int) throws {
        let text = String(repeating: "a", count: length)
        var writer = ProtobufWriter()
        writer.int32(1, -1)
        writer.message(2) { inner in
            inner.string(1, text)
            inner.bool(2, true)
        }
        writer.double(536_870_911, -0.5)
        let bytes = Array(writer.buffer.readableBytesView)
        let outer = try fields(bytes)
        #expect(try outer[0].int32() == -1)
        var inner = try outer[1].message()
        #expect(try inner.next(in: bytes.span)?.string(in: bytes.span) == text)
        #expect(try inner.next(in: bytes.span)?.bool() == true)
        #expect(try inner.next(in: bytes.span) == nil)
        #expect(try outer[2].double() == -0.5)
    }

    @Test(
        "refuses what is not a message",
        arguments: [
            ([0x08], .truncated(offset: 1)), ([0x0A, 0x02, 0x61], .truncated(offset: 0)),
            ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], .truncated(offset: 0)),
            ([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02], .varintOverflow(offset: 1)),
            ([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0], .varintOverflow(offset: 1)),
            ([0x00], .fieldNumber(offset: 0)), ([0x0E], .wireType(offset: 0)), ([0x0C], .wireType(offset: 0)),
            ([0x0B, 0x14], .wireType(offset: 1)), ([0x0D, 1, 2, 3], .truncated(offset: 1)),
            ([UInt8](repeating: 0x0B, count: 40), .wireType(offset: 16)),
        ] as [([UInt8], ProtobufError)])
    func refuses(bytes: [UInt8], error: ProtobufError) {
        #expect(throws: error) { try fields(bytes) }
    }

    @Test("skips groups, and names wrong wire types and bad UTF-8")
    func typedErrors() throws {
        let bytes: [UInt8] = [0x0B, 0x10, 0x01, 0x0C, 0x12, 0x01, 0xFF]
        let found = try fields(bytes)
        #expect(found.map(\.value) == [.group(1..<3), .bytes(6..<7)])
        #expect(throws: ProtobufError.unexpectedWireType(field: 2, offset: 4)) { try found[1].unsigned() }
        #expect(throws: ProtobufError.invalidUTF8(field: 2, offset: 6)) { try found[1].string(in: bytes.span) }
    }
}
