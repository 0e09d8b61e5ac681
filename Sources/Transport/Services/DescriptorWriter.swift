// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Writes a `google.protobuf.FileDescriptorProto` for the small services that the transport itself serves.
struct DescriptorWriter {
    /// A field, with the type numbers of `FieldDescriptorProto.Type`.
    struct Field {
        let name: String
        let number: Int32
        let type: Int32
        var typeName: String?
        var isRepeated = false
        var isInOneof = false

        static func string(_ name: String, _ number: Int32) -> Field { Field(name: name, number: number, type: 9) }
        static func bytes(_ name: String, _ number: Int32) -> Field { Field(name: name, number: number, type: 12) }
        static func int32(_ name: String, _ number: Int32) -> Field { Field(name: name, number: number, type: 5) }
        static func message(_ name: String, _ number: Int32, _ type: String) -> Field {
            Field(name: name, number: number, type: 11, typeName: type)
        }
        static func enumeration(_ name: String, _ number: Int32, _ type: String) -> Field {
            Field(name: name, number: number, type: 14, typeName: type)
        }

        var repeated: Field {
            var field = self
            field.isRepeated = true
            return field
        }

        var inOneof: Field {
            var field = self
            field.isInOneof = true
            return field
        }
    }

    struct Method {
        let name: String
        let input: String
        let output: String
        var clientStreams = false
        var serverStreams = false
    }

    private var writer = ProtobufWriter()

    init(file: String, package: String) {
        writer.string(1, file)
        writer.string(2, package)
    }

    mutating func message(
        _ name: String, _ fields: [Field], oneof: String? = nil, enumeration: (name: String, values: [String])? = nil
    ) {
        writer.message(4) { message in
            message.string(1, name)
            for field in fields {
                message.message(2) { entry in
                    entry.string(1, field.name)
                    entry.int32(3, field.number)
                    entry.int32(4, field.isRepeated ? 3 : 1)
                    entry.int32(5, field.type)
                    if let typeName = field.typeName { entry.string(6, typeName) }
                    if field.isInOneof { entry.int32(9, 0) }
                }
            }
            if let enumeration {
                message.message(4) { entry in
                    entry.string(1, enumeration.name)
                    for (number, value) in enumeration.values.enumerated() {
                        entry.message(2) { item in
                            item.string(1, value)
                            item.int32(2, Int32(clamping: number))
                        }
                    }
                }
            }
            if let oneof { message.message(8) { $0.string(1, oneof) } }
        }
    }

    mutating func service(_ name: String, _ methods: [Method]) {
        writer.message(6) { service in
            service.string(1, name)
            for method in methods {
                service.message(2) { entry in
                    entry.string(1, method.name)
                    entry.string(2, method.input)
                    entry.string(3, method.output)
                    if method.clientStreams { entry.bool(5, true) }
                    if method.serverStreams { entry.bool(6, true) }
                }
            }
        }
    }

    var bytes: [UInt8] {
        var writer = writer
        writer.string(12, "proto3")
        return Array(writer.buffer.readableBytesView)
    }
}
