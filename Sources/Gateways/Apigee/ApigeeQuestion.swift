// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Transport

/// The gateway's side of a callout: writes the question and reads the answer, for `apigee simulate` and tests.
package struct ApigeeQuestion: Sendable {
    /// A flow variable's value.
    package enum Value: Sendable, Hashable, CustomStringConvertible {
        case int32(Int32)
        case int64(Int64)
        case string(String)
        case bool(Bool)
        case double(Double)
        /// The variable is to be removed.
        case removed

        package var description: String {
            switch self {
            case .int32(let value): "\(value)"
            case .int64(let value): "\(value)"
            case .string(let value): value
            case .bool(let value): "\(value)"
            case .double(let value): "\(value)"
            case .removed: "(removed)"
            }
        }
    }

    package var verb: String
    package var uri: String
    package var headers: [(name: String, value: String)]
    package var proxy: String
    package var clientIP: String
    package var messageID: String
    package var environment: String
    package var variables: [(name: String, value: String)]

    package init(
        verb: String, uri: String, headers: [(name: String, value: String)], proxy: String, clientIP: String,
        messageID: String, environment: String, variables: [(name: String, value: String)]
    ) {
        self.verb = verb
        self.uri = uri
        self.headers = headers
        self.proxy = proxy
        self.clientIP = clientIP
        self.messageID = messageID
        self.environment = environment
        self.variables = variables
    }

    /// The `MessageContext` that Apigee would send in a request flow.
    package var message: ByteBuffer {
        var writer = ProtobufWriter()
        writer.message(1) { request in
            request.string(1, uri)
            request.string(2, verb)
            request.string(3, "1.1")
            for (name, value) in headers {
                request.message(4) { entry in
                    entry.string(1, name)
                    entry.message(2) { $0.string(1, value) }
                }
            }
        }
        writer.message(6) { api in
            api.string(1, proxy)
            api.string(2, "1")
        }
        writer.string(9, messageID)
        writer.string(11, environment)
        writer.message(12) { $0.string(2, clientIP) }
        for (name, value) in variables {
            writer.message(15) { entry in
                entry.string(1, name)
                entry.message(2) { $0.string(3, value) }
            }
        }
        return writer.buffer
    }
}

/// What the gateway reads of an answer.
package struct ApigeeAnswerReading: Sendable {
    /// Flow variables by name, in the order of the answer.
    package private(set) var variables: [(name: String, value: ApigeeQuestion.Value)] = []
    /// Name and text of the fault, if there is one.
    package private(set) var fault: (name: String, text: String)?
    /// Changed request headers: name and values; no value means that the header is removed.
    package private(set) var requestHeaders: [(name: String, values: [String])] = []

    package init(_ buffer: ByteBuffer) throws(ProtobufError) {
        let bytes = buffer.readableBytesUInt8Span
        var reader = ProtobufReader(0..<bytes.count)
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: try readRequest(field, bytes)
            case 5: try readFault(field, bytes)
            case 15: try readVariable(field, bytes)
            default: continue
            }
        }
    }

    /// The variable of a name.
    package subscript(_ name: String) -> ApigeeQuestion.Value? { variables.first { $0.name == name }?.value }

    private mutating func readFault(_ field: ProtobufField, _ bytes: Span<UInt8>) throws(ProtobufError) {
        var found = (name: "", text: "")
        var reader = try field.message()
        while let inner = try reader.next(in: bytes) {
            if inner.number == 1 { found.name = try inner.string(in: bytes) }
            if inner.number == 4 { found.text = try inner.string(in: bytes) }
        }
        fault = found
    }

    private mutating func readRequest(_ field: ProtobufField, _ bytes: Span<UInt8>) throws(ProtobufError) {
        var reader = try field.message()
        while let inner = try reader.next(in: bytes) {
            guard inner.number == 4 else { continue }
            var name = ""
            var values: [String] = []
            var entry = try inner.message()
            while let part = try entry.next(in: bytes) {
                if part.number == 1 { name = try part.string(in: bytes) }
                guard part.number == 2 else { continue }
                var strings = try part.message()
                while let value = try strings.next(in: bytes) { values.append(try value.string(in: bytes)) }
            }
            requestHeaders.append((name, values))
        }
    }

    private mutating func readVariable(_ field: ProtobufField, _ bytes: Span<UInt8>) throws(ProtobufError) {
        var name = ""
        var value = ApigeeQuestion.Value.removed
        var entry = try field.message()
        while let part = try entry.next(in: bytes) {
            if part.number == 1 { name = try part.string(in: bytes) }
            guard part.number == 2 else { continue }
            var content = try part.message()
            while let inner = try content.next(in: bytes) {
                switch inner.number {
                case 1: value = .int32(try inner.int32())
                case 2: value = .int64(try inner.signed())
                case 3: value = .string(try inner.string(in: bytes))
                case 4: value = .bool(try inner.bool())
                case 5: value = .double(try inner.double())
                default: continue
                }
            }
        }
        variables.append((name, value))
    }
}
