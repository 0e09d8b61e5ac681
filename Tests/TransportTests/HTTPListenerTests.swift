// SPDX-License-Identifier: Apache-2.0

import Fields
import NIOCore
import NIOPosix
import Testing
import Transport

@Suite("HTTP/1.1 (RFC 9112)")
struct HTTPListenerTests {
    /// Runs a listener for as long as `body` takes; only with `seconds` its patience for requests is short.
    private func withListener(seconds: Int64? = nil, _ body: (_ port: Int) async throws -> Void) async throws {
        var configuration = ListenerConfiguration.patient()
        if let seconds {
            configuration.limits.headerTimeout = .seconds(seconds)
            configuration.limits.messageTimeout = .seconds(seconds)
        }
        let listener = HTTPListener(configuration: configuration, group: MultiThreadedEventLoopGroup.singleton) {
            request, responder in
            guard request.path != "/split" else {
                return responder.respond(status: 200, headers: FieldList(["x-a": "b\r\ncontent-length: 0"]))
            }
            let text = "\(request.method) \(request.path) \(request.query ?? "-")"
            let body = request.body.readableBytes > 0 ? request.body : ByteBuffer(string: text)
            if request.path == "/2" {
                request.eventLoop.execute { responder.respond(status: 200, body: body) }
            } else {
                responder.respond(status: 200, body: body)
            }
        }
        try await listener.bind()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await listener.run() }
            try await body(listener.boundAddress?.port ?? 0)
            group.cancelAll()
        }
    }

    @Test(
        "pipelining, chunks, HEAD, 100-continue, limits, timeouts, and shapes that smuggle",
        .enabled(if: PythonClient.interpreter != nil), .timeLimit(.minutes(30)))
    func rawRequests() async throws {
        try await withListener { port in
            try await withListener(seconds: 2) { impatient in
                let result = try await PythonClient.run(script: "http1.py", [String(port), String(impatient)])
                #expect(result.code == 0, "\(result.output)")
            }
        }
    }
}
