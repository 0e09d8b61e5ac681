// SPDX-License-Identifier: Apache-2.0

import Transport

/// The protobuf reader: fields lie one behind the other inside the message, in every depth.
enum ProtobufTarget {
    static func run(_ input: [UInt8]) {
        walk(ProtobufReader(0..<input.count), input, depth: 0)
    }

    private static func walk(_ start: ProtobufReader, _ input: [UInt8], depth: Int) {
        var reader = start
        var position = reader.position
        while let field = try? reader.next(in: input.span) {
            expect(field.offset == position, "a field begins at \(field.offset), the one before ended at \(position)")
            expect(reader.position > position && reader.position <= reader.end, "position \(reader.position)")
            position = reader.position
            _ = try? field.string(in: input.span)
            _ = try? field.int32()
            _ = try? field.bool()
            _ = try? field.double()
            if let range = try? field.range() {
                expect(range.lowerBound >= field.offset && range.upperBound <= position, "\(range) is outside")
            }
            if depth < 8, let inner = try? field.message() { walk(inner, input, depth: depth + 1) }
        }
    }
}
