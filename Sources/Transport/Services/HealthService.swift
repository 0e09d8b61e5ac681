// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension HealthStatus {
    /// grpc.health.v1.Health over this state: Check answers once, Watch follows.
    package var service: GRPCServiceDescription {
        GRPCServiceDescription(
            name: "grpc.health.v1.Health",
            methods: [
                "Check": .unary { call, responder in self.check(call, responder) },
                "Watch": .streaming { call, stream in self.watch(call, stream) },
            ],
            fileDescriptors: [Self.fileDescriptor])
    }

    private func check(_ call: UnaryCall, _ responder: UnaryResponder) {
        guard let service = try? Self.serviceName(call.message) else {
            return responder.fail(GRPCStatus(.invalidArgument, "the request is not a HealthCheckRequest"))
        }
        guard let serving = status(of: service) else {
            return responder.fail(GRPCStatus(.notFound, "no status is known of service `\(service)`"))
        }
        responder.succeed(message: Self.response(serving))
    }

    private func watch(_ call: StreamingCall, _ stream: GRPCStream) -> StreamReceiver {
        let watch = HealthWatch(health: self, stream: stream, eventLoop: call.eventLoop)
        return StreamReceiver(
            onMessage: { message in
                guard let service = try? Self.serviceName(message) else {
                    return stream.finish(GRPCStatus(.invalidArgument, "the request is not a HealthCheckRequest"))
                }
                watch.begin(service)
            },
            onEnd: { watch.requestEnded() },
            onCancel: { watch.end() },
            onDrain: { watch.drain() })
    }

    private static func serviceName(_ message: ByteBuffer) throws(ProtobufError) -> String {
        let bytes = message.readableBytesUInt8Span
        var reader = ProtobufReader(0..<bytes.count)
        var name = ""
        while let field = try reader.next(in: bytes) {
            if field.number == 1 { name = try field.string(in: bytes) }
        }
        return name
    }

    static func response(_ serving: Serving) -> ByteBuffer {
        var writer = ProtobufWriter()
        writer.varint(1, serving.rawValue)
        return writer.buffer
    }

    private static let fileDescriptor: [UInt8] = {
        var file = DescriptorWriter(file: "grpc/health/v1/health.proto", package: "grpc.health.v1")
        file.message("HealthCheckRequest", [.string("service", 1)])
        file.message(
            "HealthCheckResponse", [.enumeration("status", 1, ".grpc.health.v1.HealthCheckResponse.ServingStatus")],
            enumeration: ("ServingStatus", ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]))
        let (request, response) = (".grpc.health.v1.HealthCheckRequest", ".grpc.health.v1.HealthCheckResponse")
        file.service(
            "Health",
            [
                .init(name: "Check", input: request, output: response),
                .init(name: "Watch", input: request, output: response, serverStreams: true),
            ])
        return file.bytes
    }()
}

/// One Watch call.
///
/// `@unchecked Sendable`: used on the call's event loop only.
private final class HealthWatch: @unchecked Sendable {
    private let health: HealthStatus
    private let stream: GRPCStream
    private let eventLoop: any EventLoop
    private var number: Int?
    private var last: HealthStatus.Serving?

    init(health: HealthStatus, stream: GRPCStream, eventLoop: any EventLoop) {
        self.health = health
        self.stream = stream
        self.eventLoop = eventLoop
    }

    func begin(_ service: String) {
        guard number == nil else {
            return stream.finish(GRPCStatus(.invalidArgument, "Watch takes one request"))
        }
        number = health.watch(service) { serving in
            // Changes come from any thread; the first, present status comes on this loop.
            self.eventLoop.execute { self.send(serving) }
        }
    }

    func requestEnded() {
        if number == nil { stream.finish(GRPCStatus(.invalidArgument, "Watch takes one request")) }
    }

    private func send(_ serving: HealthStatus.Serving) {
        guard serving != last else { return }
        last = serving
        stream.send(HealthStatus.response(serving))
    }

    func drain() {
        // Behind what a shutdown has just announced.
        eventLoop.execute {
            self.end()
            self.stream.finish(GRPCStatus(.unavailable, "the server is going away"))
        }
    }

    func end() {
        if let number { health.unwatch(number) }
    }
}
