// SPDX-License-Identifier: Apache-2.0

import Callout
package import Fields
package import NIOCore
package import Transport

/// What is read of `apigee.MessageContext`; strings are copied out, the content stays where it is.
package struct ApigeeMessage: Sendable {
    /// `request` of the message: there in request flows only.
    package struct Request: Sendable {
        package var uri = ""
        package var verb = ""
        /// Each value under the key that Apigee sent.
        package var headers = FieldList()
        /// Where the content lies in the message, to be copied verbatim when the request is changed (WIRE W3).
        package var content: Range<Int>?
    }

    package var request: Request?
    /// Whether there are more header bytes than are read; the headers are incomplete then.
    package private(set) var exceedsHeaderLimit = false
    package var hasResponse = false
    package var hasError = false
    package var proxyName = ""
    package var clientIP = ""
    package var clientScheme = ""
    package var messageID = ""
    package var environment = ""
    package var proxyClientIP = ""
    package var basePath = ""
    package var pathSuffix = ""
    /// Flow variables of type string that the service knows, by name.
    package var variables = ApigeeVariables()

    package init() {}
}

/// The flow variables that the service reads.
package enum ApigeeVariable: Int, Sendable, CaseIterable {
    case key, token, route
    /// Stand in for the request in response and error flows, if the policy lists them.
    case verb, uri, authorization, host

    package var name: StaticString {
        switch self {
        case .key: "countersign.key"
        case .token: "countersign.token"
        case .route: "countersign.route"
        case .verb: "request.verb"
        case .uri: "request.uri"
        case .authorization: "request.header.authorization"
        case .host: "request.header.host"
        }
    }

    /// The variable of a name, if it is one that the service reads.
    init?(name: UnsafeRawBufferPointer) {
        let candidates: [Self]
        switch name.count {
        case 11: candidates = [.uri]
        case 12: candidates = [.verb]
        case 15: candidates = [.key]
        case 17: candidates = [.token, .route]
        case 19: candidates = [.host]
        case 28: candidates = [.authorization]
        default: return nil
        }
        for candidate in candidates where candidate.name.withUTF8Buffer({ $0.elementsEqual(name) }) {
            self = candidate
            return
        }
        return nil
    }
}

/// Values of the flow variables that the service reads; few are ever there.
package struct ApigeeVariables: Sendable {
    private var entries: [(variable: ApigeeVariable, value: String)] = []

    package subscript(_ variable: ApigeeVariable) -> String? {
        get {
            for entry in entries where entry.variable == variable { return entry.value }
            return nil
        }
        set {
            entries.removeAll { $0.variable == variable }
            if let newValue { entries.append((variable, newValue)) }
        }
    }
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
        request.headers.reserve(bytes: min(try field.range().count, 16 << 10))
        var reader = try field.message()
        while let inner = try reader.next(in: bytes) {
            switch inner.number {
            case 1: request.uri = try inner.string(in: bytes)
            case 2: request.verb = try inner.string(in: bytes)
            case 4:
                exceedsHeaderLimit =
                    try !Self.readHeader(inner, in: bytes, into: &request.headers) || exceedsHeaderLimit
            case 7: request.content = try inner.range()
            default: continue
            }
        }
        self.request = request
    }

    /// Reads one entry of the map of headers; its key may follow its values.
    ///
    /// - Returns: `false` if there was no room for all of it.
    private static func readHeader(
        _ field: ProtobufField, in bytes: Span<UInt8>, into headers: inout FieldList
    ) throws(ProtobufError) -> Bool {
        let whole = try field.range()
        if let (key, value) = usualHeader(whole, in: bytes) { return append(key, value, of: bytes, to: &headers) }
        var key = 0..<0
        var keys = try field.message()
        while let entry = try keys.next(in: bytes) {
            if entry.number == 1 { key = try entry.utf8(in: bytes) }
        }
        var lists = try field.message()
        while let entry = try lists.next(in: bytes) {
            guard entry.number == 2 else { continue }
            var strings = try entry.message()
            while let value = try strings.next(in: bytes) {
                guard value.number == 1 else { continue }
                guard append(key, try value.utf8(in: bytes), of: bytes, to: &headers) else { return false }
            }
        }
        return true
    }

    private static func append(
        _ key: Range<Int>, _ value: Range<Int>, of bytes: Span<UInt8>, to headers: inout FieldList
    ) -> Bool {
        guard headers.byteCount + key.count + value.count <= CalloutRequest.maximumHeaderBytes else { return false }
        bytes.withUnsafeBytes { raw in
            headers.append(
                name: UnsafeRawBufferPointer(rebasing: raw[key]), value: UnsafeRawBufferPointer(rebasing: raw[value]))
        }
        return true
    }

    /// The entry as Apigee writes it, in ASCII: `{ 1: key, 2: { 1: value } }` and nothing else.
    private static func usualHeader(_ range: Range<Int>, in bytes: Span<UInt8>) -> (Range<Int>, Range<Int>)? {
        guard range.upperBound <= bytes.count else { return nil }
        return bytes.withUnsafeBytes { raw in
            var position = range.lowerBound
            func length(after tag: UInt8) -> Int? {
                guard range.upperBound - position >= 2, raw[position] == tag else { return nil }
                let first = raw[position + 1]
                guard first >= 0x80 else {
                    position += 2
                    return Int(first)
                }
                guard range.upperBound - position >= 3, raw[position + 2] < 0x80 else { return nil }
                position += 3
                return Int(first & 0x7F) | Int(raw[position - 1]) << 7
            }
            guard let keyLength = length(after: 0x0A), keyLength <= range.upperBound - position else { return nil }
            let key = position..<position + keyLength
            position += keyLength
            guard let listLength = length(after: 0x12), position + listLength == range.upperBound,
                let valueLength = length(after: 0x0A), position + valueLength == range.upperBound
            else { return nil }
            let value = position..<range.upperBound
            let isASCII =
                UnsafeRawBufferPointer(rebasing: raw[key]).isASCII
                && UnsafeRawBufferPointer(rebasing: raw[value]).isASCII
            return isASCII ? (key, value) : nil
        }
    }

    private mutating func readVariable(_ field: ProtobufField, in bytes: Span<UInt8>) throws(ProtobufError) {
        var key: Range<Int> = 0..<0
        var content: ProtobufReader?
        var reader = try field.message()
        while let entry = try reader.next(in: bytes) {
            if entry.number == 1 {
                key = try entry.utf8(in: bytes)
            } else if entry.number == 2 {
                content = try entry.message()
            }
        }
        let variable = bytes.withUnsafeBytes { ApigeeVariable(name: UnsafeRawBufferPointer(rebasing: $0[key])) }
        guard let variable, var content else { return }
        var text: String?
        while let inner = try content.next(in: bytes) {
            text = inner.number == 3 ? try inner.string(in: bytes) : nil
        }
        variables[variable] = text
    }
}
