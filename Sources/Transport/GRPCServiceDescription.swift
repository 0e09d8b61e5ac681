// SPDX-License-Identifier: Apache-2.0

/// A gRPC service: its name, its methods, and the descriptors that reflection shows.
package struct GRPCServiceDescription: Sendable {
    package enum Method: Sendable {
        case unary(UnaryHandler)
        /// Client-streaming, server-streaming and bidirectional alike.
        case streaming(StreamingHandler)
    }

    /// Such as `apigee.ExternalCalloutService`.
    package var name: String
    package var methods: [String: Method]
    /// Serialized `google.protobuf.FileDescriptorProto`s: the service's own file and all that it imports.
    package var fileDescriptors: [[UInt8]]

    package init(name: String, methods: [String: Method], fileDescriptors: [[UInt8]] = []) {
        self.name = name
        self.methods = methods
        self.fileDescriptors = fileDescriptors
    }
}
