// SPDX-License-Identifier: Apache-2.0

import Callout
package import NIOCore
package import Transport

/// What is read of `apigee.MessageContext`; strings are copied out, the content stays where it is.
package struct ApigeeMessage: Sendable {
    /// A header with every value, under the key that Apigee sent.
    package struct Header: Sendable, Hashable {
        package let key: String
        package let values: [String]
    }

    /// `request` of the message: there in request flows only.
    package struct Request: Sendable {
        package var uri = ""
        package var verb = ""
        package var headers: [Header] = []
        /// Where the content lies in the message, to be copied verbatim when the request is changed (WIRE W3).
        package var content: Range<Int>?
    }

    package var request: Request?
    package var hasResponse = false
    package var hasError = false
    package var proxyName = ""
    package var clientHost = ""
    package var clientIP = ""
    package var clientScheme = ""
    package var messageID = ""
    package var environment = ""
    package var proxyClientIP = ""
    package var basePath = ""
    package var pathSuffix = ""
    /// Flow variables of type string that the service knows, by name.
    package var variables: [String: String] = [:]

    package init() {}
}

/// Names of the flow variables that the service reads.
package enum ApigeeVariable {
    package static let key = "countersign.key"
    package static let token = "countersign.token"
    package static let route = "countersign.route"
    /// Stand in for the request in response and error flows, if the policy lists them.
    package static let verb = "request.verb"
    package static let uri = "request.uri"
    package static let authorization = "request.header.authorization"
    package static let host = "request.header.host"

    static let known: Set<String> = [key, token, route, verb, uri, authorization, host]
}

extension ApigeeMessage {
    /// Reads a message.
    ///
    /// Repeated singular messages are merged as protobuf demands. A header key that stands twice is kept twice, so
    /// that a second credential is seen and refused; of repeated variables the last one counts.
    package init(reading buffer: ByteBuffer) throws(ProtobufError) {
        let bytes = buffer.readableBytesUInt8Span
        var reader = ProtobufReader(0..<bytes.count)
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: try readRequest(field, in: bytes)
            case 2:
                _ = try field.range()
                hasResponse = true
            case 3:
                _ = try field.range()
                hasError = true
            case 6: try readStrings(field, in: bytes) { number, text in if number == 1 { proxyName = text } }
            case 7:
                try readStrings(field, in: bytes) { number, text in
                    switch number {
                    case 4: clientHost = text
                    case 5: clientIP = text
                    case 10: clientScheme = text
                    default: break
                    }
                }
            case 9: messageID = try field.string(in: bytes)
            case 11: environment = try field.string(in: bytes)
            case 12:
                try readStrings(field, in: bytes) { number, text in
                    switch number {
                    case 2: proxyClientIP = text
                    case 3: basePath = text
                    case 4: pathSuffix = text
                    default: break
                    }
                }
            case 15: try readVariable(field, in: bytes)
            default: continue
            }
        }
    }

    /// Walks a flat message and hands over its string fields; other wire types in it are skipped.
    private func readStrings(
        _ field: ProtobufField, in bytes: Span<UInt8>, _ use: (UInt32, String) -> Void
    ) throws(ProtobufError) {
        var reader = try field.message()
        while let inner = try reader.next(in: bytes) {
            guard case .bytes = inner.value else { continue }
            use(inner.number, try inner.string(in: bytes))
        }
    }

    private mutating func readRequest(_ field: ProtobufField, in bytes: Span<UInt8>) throws(ProtobufError) {
        var request = self.request ?? Request()
        var reader = try field.message()
        while let inner = try reader.next(in: bytes) {
            switch inner.number {
            case 1: request.uri = try inner.string(in: bytes)
            case 2: request.verb = try inner.string(in: bytes)
            case 4:
                request.headers.append(try Self.header(inner, in: bytes))
            case 7: request.content = try inner.range()
            default: continue
            }
        }
        self.request = request
    }

    private static func header(_ field: ProtobufField, in bytes: Span<UInt8>) throws(ProtobufError) -> Header {
        var key = ""
        var values: [String] = []
        var reader = try field.message()
        while let entry = try reader.next(in: bytes) {
            if entry.number == 1 {
                key = try entry.string(in: bytes)
            } else if entry.number == 2 {
                var strings = try entry.message()
                while let value = try strings.next(in: bytes) {
                    if value.number == 1 { values.append(try value.string(in: bytes)) }
                }
            }
        }
        return Header(key: key, values: values)
    }

    private mutating func readVariable(_ field: ProtobufField, in bytes: Span<UInt8>) throws(ProtobufError) {
        var key = ""
        var content: ProtobufReader?
        var reader = try field.message()
        while let entry = try reader.next(in: bytes) {
            if entry.number == 1 {
                key = try entry.string(in: bytes)
            } else if entry.number == 2 {
                content = try entry.message()
            }
        }
        guard ApigeeVariable.known.contains(key), var content else { return }
        var text: String?
        while let inner = try content.next(in: bytes) {
            text = inner.number == 3 ? try inner.string(in: bytes) : nil
        }
        variables[key] = text
    }
}
