// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Transport

/// The descriptor of Apigee's ExternalCallout service, for server reflection: `google.protobuf.FileDescriptorProto`.
enum ApigeeDescriptor {
    /// The serialized descriptor of the file.
    static func file() -> [UInt8] {
        var file = ProtobufWriter()
        file.string(1, "external_callout.proto")
        file.string(2, "apigee")
        for message in messages { file.message(4) { write(message, to: &$0) } }
        file.message(6) { service in
            service.string(1, "ExternalCalloutService")
            service.message(2) { method in
                method.string(1, "ProcessMessage")
                method.string(2, ".apigee.MessageContext")
                method.string(3, ".apigee.MessageContext")
            }
        }
        file.string(12, "proto3")
        return Array(buffer: file.buffer)
    }

    private enum Kind {
        case double, int32, int64, bool, string, strings
        case message(String)
        case map(String)
    }

    private struct Field {
        let name: String
        let number: Int32
        let kind: Kind
    }

    private struct Message {
        let name: String
        let fields: [Field]
        var oneof: String?
        var reserved: Int32?
    }

    private static func message(_ name: String, _ fields: KeyValuePairs<String, (Int32, Kind)>) -> Message {
        Message(name: name, fields: fields.map { Field(name: $0.key, number: $0.value.0, kind: $0.value.1) })
    }

    /// Strings numbered 1, 2, 3 … in the order given.
    private static func strings(_ name: String, _ fields: [String]) -> Message {
        Message(
            name: name,
            fields: fields.enumerated().map { Field(name: $1, number: Int32(clamping: $0 + 1), kind: .string) }
        )
    }

    private static var messages: [Message] {
        var context = message(
            "MessageContext",
            [
                "request": (1, .message("Request")), "response": (2, .message("Response")),
                "error": (3, .message("Error")), "fault": (5, .message("Fault")),
                "api_proxy": (6, .message("ApiProxy")), "client": (7, .message("Client")),
                "current_flow": (8, .message("CurrentFlow")), "message_id": (9, .string),
                "organization_name": (10, .string), "environment_name": (11, .string),
                "proxy": (12, .message("Proxy")), "route": (13, .message("Route")),
                "target": (14, .message("Target")), "additional_flow_variables": (15, .map("FlowVariable")),
            ])
        context.reserved = 4
        var variable = message(
            "FlowVariable",
            [
                "int32": (1, .int32), "int64": (2, .int64), "string": (3, .string), "bool": (4, .bool),
                "double": (5, .double),
            ]
        )
        variable.oneof = "value"
        return [
            context,
            message(
                "Request",
                [
                    "uri": (1, .string), "verb": (2, .string), "http_version": (3, .string),
                    "headers": (4, .map("Strings")), "form_params": (5, .map("Strings")),
                    "query_params": (6, .map("Strings")), "content": (7, .string),
                ]),
            message(
                "Response",
                [
                    "status_code": (1, .int32), "reason_phrase": (2, .string), "headers": (3, .map("Strings")),
                    "content": (4, .string),
                ]),
            strings("Fault", ["name", "type", "category", "fault_string"]),
            message("Error", ["message": (1, .string), "response": (2, .message("Response"))]),
            strings("ApiProxy", ["name", "revision"]),
            message(
                "Client",
                [
                    "cn": (1, .string), "country": (2, .string), "email_address": (3, .string), "host": (4, .string),
                    "ip": (5, .string), "locality": (6, .string), "organization": (7, .string),
                    "organization_unit": (8, .string), "port": (9, .int32), "scheme": (10, .string),
                    "state": (11, .string), "ssl_enabled": (12, .bool),
                ]),
            strings("CurrentFlow", ["name", "description"]),
            strings("Proxy", ["endpoint_name", "client_ip", "base_path", "path_suffix", "url"]),
            strings("Route", ["name", "target"]),
            message(
                "Target",
                [
                    "base_path": (1, .string), "copy_path_suffix": (2, .bool), "copy_query_params": (3, .bool),
                    "country": (4, .string), "cn": (5, .string), "email_address": (6, .string),
                    "expected_cn": (7, .string), "host": (8, .string), "ip": (9, .string), "locality": (10, .string),
                    "name": (11, .string), "organization": (12, .string), "organization_unit": (13, .string),
                    "port": (14, .int32), "scheme": (15, .string), "state": (16, .string),
                    "ssl_enabled": (17, .bool), "url": (18, .string),
                ]),
            message("Strings", ["strings": (1, .strings)]),
            variable,
        ]
    }

    private static func write(_ message: Message, to writer: inout ProtobufWriter) {
        writer.string(1, message.name)
        for field in message.fields {
            writer.message(2) { write(field, of: message, to: &$0) }
        }
        for field in message.fields {
            guard case .map(let value) = field.kind else { continue }
            writer.message(3) { entry in
                entry.string(1, entryName(field))
                entry.message(2) { write(Field(name: "key", number: 1, kind: .string), of: nil, to: &$0) }
                entry.message(2) { write(Field(name: "value", number: 2, kind: .message(value)), of: nil, to: &$0) }
                entry.message(7) { $0.bool(7, true) }
            }
        }
        if let oneof = message.oneof { writer.message(8) { $0.string(1, oneof) } }
        if let reserved = message.reserved {
            writer.message(9) { range in
                range.int32(1, reserved)
                range.int32(2, reserved + 1)
            }
        }
    }

    private static func write(_ field: Field, of message: Message?, to writer: inout ProtobufWriter) {
        writer.string(1, field.name)
        writer.int32(3, field.number)
        writer.int32(4, isRepeated(field.kind) ? 3 : 1)
        writer.int32(5, typeNumber(field.kind))
        switch field.kind {
        case .message(let type): writer.string(6, ".apigee." + type)
        case .map: writer.string(6, ".apigee.\(message?.name ?? "").\(entryName(field))")
        case .double, .int32, .int64, .bool, .string, .strings: break
        }
        if message?.oneof != nil { writer.int32(9, 0) }
    }

    /// The name that protoc gives to the message of a map's entries.
    private static func entryName(_ field: Field) -> String {
        field.name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "Entry"
    }

    private static func isRepeated(_ kind: Kind) -> Bool {
        switch kind {
        case .strings, .map: true
        case .double, .int32, .int64, .bool, .string, .message: false
        }
    }

    /// The numbers of `FieldDescriptorProto.Type`.
    private static func typeNumber(_ kind: Kind) -> Int32 {
        switch kind {
        case .double: 1
        case .int64: 3
        case .int32: 5
        case .bool: 8
        case .string, .strings: 9
        case .message, .map: 11
        }
    }
}
