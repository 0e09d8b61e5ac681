// SPDX-License-Identifier: Apache-2.0

import Callout
import Gateways
import NIOCore

/// Apigee's message: reading is the same wherever the bytes lie in their buffer, and the content lies inside.
enum ApigeeTarget {
    private static let gateway = GatewayIdentity(name: "g", peer: "", authentication: .none, mayForward: true)

    static func run(_ input: [UInt8]) {
        let message = read(ByteBuffer(bytes: input))
        var shifted = ByteBuffer(bytes: [1, 2, 3] + input + [4])
        shifted.moveReaderIndex(forwardBy: 3)
        shifted.moveWriterIndex(to: shifted.writerIndex - 1)
        let other = read(shifted)
        expect((message == nil) == (other == nil), "read or not by its place")
        guard let message, let other else { return }
        if let content = message.request?.content {
            expect(content.lowerBound >= 0 && content.upperBound <= input.count, "content at \(content)")
        }
        let (callout, again) = (message.calloutRequest(from: gateway), other.calloutRequest(from: gateway))
        expect("\(callout)" == "\(again)", "another question by its place")
        expect(!callout.path.utf8.contains(UInt8(ascii: "?")), "the query is part of the path")
    }

    private static func read(_ buffer: ByteBuffer) -> ApigeeMessage? { try? ApigeeMessage(reading: buffer) }
}
