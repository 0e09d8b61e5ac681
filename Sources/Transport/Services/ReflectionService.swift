// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension GRPCServiceDescription {
    /// Server reflection (v1 and v1alpha, which differ in name only) over services and over itself.
    package static func reflection(of services: [GRPCServiceDescription]) -> [GRPCServiceDescription] {
        let names = ["grpc.reflection.v1", "grpc.reflection.v1alpha"]
        let own = names.map { package in
            GRPCServiceDescription(
                name: "\(package).ServerReflection", methods: [:], fileDescriptors: [ReflectionDescriptor.make(package)]
            )
        }
        let index = DescriptorIndex(services + own)
        return own.map { description in
            var description = description
            description.methods["ServerReflectionInfo"] = .streaming { _, stream in
                StreamReceiver(
                    onMessage: { request in
                        if let answer = index.answer(request) {
                            stream.send(answer)
                        } else {
                            stream.finish(GRPCStatus(.invalidArgument, "not a ServerReflectionRequest"))
                        }
                    },
                    onEnd: { stream.finish(.ok) },
                    onDrain: { stream.finish(GRPCStatus(.unavailable, "the server is going away")) })
            }
            return description
        }
    }
}

extension DescriptorIndex {
    private static let notFound: Int32 = 5
    private static let unimplemented: Int32 = 12

    /// The answer to one request; `nil` if the request cannot be read.
    func answer(_ request: ByteBuffer) -> ByteBuffer? {
        try? makeAnswer(request)
    }

    private func makeAnswer(_ request: ByteBuffer) throws(ProtobufError) -> ByteBuffer {
        let bytes = request.readableBytesUInt8Span
        var reader = ProtobufReader(0..<bytes.count)
        var host = ""
        var asked: (number: UInt32, text: String)?
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: host = try field.string(in: bytes)
            case 3, 4, 6, 7: asked = (field.number, try field.string(in: bytes))
            case 5: asked = (5, "")
            default: continue
            }
        }
        var writer = ProtobufWriter()
        writer.string(1, host)
        writer.bytes(2, request)
        switch asked?.number {
        case 3: writeFiles(files(named: asked?.text ?? ""), asked?.text ?? "", &writer)
        case 4: writeFiles(files(containing: asked?.text ?? ""), asked?.text ?? "", &writer)
        case 7:
            writer.message(6) { list in
                for name in serviceNames { list.message(1) { $0.string(1, name) } }
            }
        case 5, 6: writeError(Self.notFound, "no extensions are known", &writer)
        default: writeError(Self.unimplemented, "the request asks for nothing that is known", &writer)
        }
        return writer.buffer
    }

    private func writeFiles(_ files: [[UInt8]], _ wanted: String, _ writer: inout ProtobufWriter) {
        guard !files.isEmpty else { return writeError(Self.notFound, "`\(wanted)` is not known", &writer) }
        writer.message(4) { response in
            for file in files { response.bytes(1, file) }
        }
    }

    private func writeError(_ code: Int32, _ message: String, _ writer: inout ProtobufWriter) {
        writer.message(7) { error in
            error.int32(1, code)
            error.string(2, message)
        }
    }
}

/// The reflection service's own descriptor.
private enum ReflectionDescriptor {
    static func make(_ package: String) -> [UInt8] {
        let version = package.hasSuffix("v1alpha") ? "v1alpha" : "v1"
        var file = DescriptorWriter(file: "grpc/reflection/\(version)/reflection.proto", package: package)
        file.message(
            "ServerReflectionRequest",
            [
                .string("host", 1), .string("file_by_filename", 3).inOneof,
                .string("file_containing_symbol", 4).inOneof,
                .message("file_containing_extension", 5, ".\(package).ExtensionRequest").inOneof,
                .string("all_extension_numbers_of_type", 6).inOneof, .string("list_services", 7).inOneof,
            ], oneof: "message_request")
        file.message("ExtensionRequest", [.string("containing_type", 1), .int32("extension_number", 2)])
        file.message(
            "ServerReflectionResponse",
            [
                .string("valid_host", 1), .message("original_request", 2, ".\(package).ServerReflectionRequest"),
                .message("file_descriptor_response", 4, ".\(package).FileDescriptorResponse").inOneof,
                .message("all_extension_numbers_response", 5, ".\(package).ExtensionNumberResponse").inOneof,
                .message("list_services_response", 6, ".\(package).ListServiceResponse").inOneof,
                .message("error_response", 7, ".\(package).ErrorResponse").inOneof,
            ], oneof: "message_response")
        file.message("FileDescriptorResponse", [.bytes("file_descriptor_proto", 1).repeated])
        file.message("ExtensionNumberResponse", [.string("base_type_name", 1), .int32("extension_number", 2).repeated])
        file.message("ListServiceResponse", [.message("service", 1, ".\(package).ServiceResponse").repeated])
        file.message("ServiceResponse", [.string("name", 1)])
        file.message("ErrorResponse", [.int32("error_code", 1), .string("error_message", 2)])
        file.service(
            "ServerReflection",
            [
                .init(
                    name: "ServerReflectionInfo", input: ".\(package).ServerReflectionRequest",
                    output: ".\(package).ServerReflectionResponse", clientStreams: true, serverStreams: true)
            ])
        return file.bytes
    }
}
