// SPDX-License-Identifier: Apache-2.0

import Fields
import NIOCore
import NIOHTTP1

/// An HTTP/1.1 answer on its way to bytes; its headers can neither break the framing nor smuggle another answer.
struct HTTPResponseBytes {
    private let status: Int
    private let headers: FieldList
    private let body: ByteBuffer

    /// `nil` if the status is not a final one or a header has a byte that must not stand there.
    init?(status: Int, headers: FieldList = FieldList(), body: ByteBuffer = ByteBuffer()) {
        guard (200...599).contains(status) else { return nil }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(\.isTokenByte) else { return nil }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { return nil }
        }
        self.status = status
        self.headers = headers
        self.body = body
    }

    func serialized(omitsBody: Bool, closes: Bool, confirmsKeepAlive: Bool) -> ByteBuffer {
        let hasNoBody = status == 204 || status == 304
        var bytes = ByteBufferAllocator().buffer(capacity: 512 + (omitsBody ? 0 : body.readableBytes))
        bytes.writeString("HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n")
        for (name, value) in headers where !Self.isOurs(name) { bytes.writeLine(name, value) }
        if !headers.contains("date") { bytes.writeLine("date", HTTPDate.now()) }
        if !hasNoBody { bytes.writeLine("content-length", String(body.readableBytes)) }
        if closes {
            bytes.writeStaticString("connection: close\r\n")
        } else if confirmsKeepAlive {
            bytes.writeStaticString("connection: keep-alive\r\n")
        }
        bytes.writeStaticString("\r\n")
        if !omitsBody, !hasNoBody { bytes.writeImmutableBuffer(body) }
        return bytes
    }

    private static func isOurs(_ name: String) -> Bool {
        switch name.lowercased() {
        case "content-length", "transfer-encoding", "connection": true
        default: false
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func writeLine(_ name: String, _ value: String) {
        writeString(name)
        writeStaticString(": ")
        writeString(value)
        writeStaticString("\r\n")
    }
}

extension UInt8 {
    /// `tchar` of RFC 9110, section 5.6.2.
    var isTokenByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
