// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Fields
import Foundation
import NIOCore
import NIOPosix
import Transport

/// Answers `add-checkpoint` for the logs of siblings (C2SP tlog-witness).
struct WitnessService: Sendable {
    /// Where it answers; the submission prefix is `/witness/`.
    static let path = "/witness/add-checkpoint"
    /// The longest body taken.
    private static let maximumBody = 64 << 10

    let witness: Witness

    /// Opens the witness that a configuration describes, or nothing; its key is drawn when it is not there.
    static func open(_ configuration: ServerConfiguration) throws -> WitnessService? {
        guard let own = configuration.witnesses.own else { return nil }
        let key: LogSigningKey
        if FileManager.default.fileExists(atPath: own.key) {
            key = try LogSigningKey.load(path: own.key, outside: configuration.data)
        } else {
            let folder = URL(fileURLWithPath: own.key).deletingLastPathComponent().path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            key = try LogSigningKey.create(
                path: own.key, origin: own.name, kind: .witness, outside: configuration.data)
        }
        return WitnessService(
            witness: try Witness(directory: configuration.data + "/witness", key: key, logs: own.logs))
    }

    func handle(_ call: HTTPCallRequest, _ responder: HTTPResponder) {
        guard call.method == "POST" else {
            return Self.respond(responder, 405, "only POST is accepted\n", "text/plain; charset=utf-8")
        }
        guard call.body.readableBytes <= Self.maximumBody else {
            return Self.respond(responder, 413, "at most 64 KiB are accepted\n", "text/plain; charset=utf-8")
        }
        let body = Array(call.body.readableBytesView)
        NIOThreadPool.singleton.submit { [witness, loop = call.eventLoop] state in
            guard state == .active else { return }
            let answer = witness.addCheckpoint(body, at: UInt64(max(0, Date().timeIntervalSince1970)))
            loop.execute { Self.respond(responder, answer.status, answer.body, answer.contentType) }
        }
    }

    private static func respond(_ responder: HTTPResponder, _ status: Int, _ text: String, _ type: String) {
        var headers = FieldList()
        headers.append("content-type", type)
        headers.append("cache-control", "no-store")
        responder.respond(status: status, headers: headers, body: ByteBuffer(string: text))
    }
}
