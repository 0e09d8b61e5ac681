// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Testing
import Transport

/// SplitMix64, so that a failure can be repeated from its seed.
private struct Pseudorandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Hostile bytes never stop the process")
struct FuzzTests {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, 0, [])

    private static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags, 0, 0, 0, stream] + payload
    }

    private static func literal(_ name: String, _ value: String) -> [UInt8] {
        [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
    }

    /// A whole call, as a correct client sends it.
    private static func call(_ stream: UInt8, _ method: String) -> [UInt8] {
        let headers =
            [0x83, 0x86] + literal(":path", "/test.Echo/\(method)") + literal("te", "trailers")
            + literal("content-type", "application/grpc") + literal("grpc-timeout", "1S")
            + literal("grpc-encoding", "gzip")
        return frame(1, 4, stream, headers) + frame(0, 1, stream, [0, 0, 0, 0, 3, 1, 2, 3])
    }

    @Test("mutated calls through a connection, in pieces of any size", arguments: [1, 2, 3, 4] as [UInt64])
    func connection(seed: UInt64) throws {
        var random = Pseudorandom(state: seed)
        var answered = 0
        for _ in 0..<200 {
            var bytes = Self.preface
            for number in 0..<UInt8.random(in: 1...4, using: &random) {
                let method = ["Echo", "Fail", "Chat", "Never", "None"].randomElement(using: &random) ?? "Echo"
                bytes += Self.call(number * 2 + 1, method)
                bytes += Self.frame(
                    UInt8.random(in: 0...12, using: &random), UInt8.random(in: 0...255, using: &random),
                    UInt8.random(in: 0...9, using: &random),
                    (0..<Int.random(in: 0...16, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
            }
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                bytes[Int.random(in: 24..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            answered += try feed(bytes, &random)
        }
        #expect(answered > 0, "no call ever got through: the fuzzer tests nothing")
    }

    /// Returns how many bytes came back beyond the connection's own first frames.
    private func feed(_ bytes: [UInt8], _ random: inout Pseudorandom) throws -> Int {
        let channel = EmbeddedChannel()
        try GRPCListener.configure(
            channel, configuration: ListenerConfiguration(trust: .stranger), services: [echoService])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        var rest = bytes[...]
        while !rest.isEmpty, channel.isActive {
            let piece = rest.prefix(Int.random(in: 1...200, using: &random))
            rest = rest.dropFirst(piece.count)
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
        }
        var count = 0
        while let output = try? channel.readOutbound(as: ByteBuffer.self) { count += output.readableBytes }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return max(count - 100, 0)
    }

    @Test("random and mutated protobuf through the walker", arguments: [1, 2, 3, 4] as [UInt64])
    func walker(seed: UInt64) {
        var random = Pseudorandom(state: seed)
        var fields = 0
        for _ in 0..<5000 {
            var writer = ProtobufWriter()
            writer.string(1, "text")
            writer.message(2) { inner in
                inner.varint(3, UInt64.random(in: 0 ... .max, using: &random))
                inner.double(4, 1.5)
            }
            var bytes = Array(writer.buffer.readableBytesView)
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            fields += walk(bytes)
        }
        #expect(fields > 5000)
    }

    private func walk(_ bytes: [UInt8]) -> Int {
        var fields = 0
        var waiting = [ProtobufReader(0..<bytes.count)]
        while var reader = waiting.popLast(), fields < 1000 {
            while let field = try? reader.next(in: bytes.span) {
                fields += 1
                #expect(field.offset < field.end && field.end <= bytes.count)
                _ = try? field.string(in: bytes.span)
                if let inner = try? field.message() { waiting.append(inner) }
            }
        }
        return fields
    }
}
