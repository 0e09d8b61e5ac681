// SPDX-License-Identifier: Apache-2.0

import Fields
import Identity
import NIOCore
import StrictJSON
import Transport

/// `POST /shared-signals/events`: pushed security event tokens (RFC 8935).
enum SharedSignalsEndpoint {
    static let path = "/shared-signals/events"

    static func handle(_ call: HTTPCallRequest, _ responder: HTTPResponder, _ signals: SharedSignals) {
        guard call.method == "POST" else {
            var headers = FieldList()
            headers.append("allow", "POST")
            return responder.respond(status: 405, headers: headers)
        }
        let media = (call.headers["content-type"] ?? "").split(separator: ";").first.map(String.init) ?? ""
        guard media.lowercased() == "application/secevent+jwt" else {
            return respond(
                responder,
                .init(status: 400, code: "invalid_request", text: "the content type must be application/secevent+jwt"))
        }
        guard call.body.readableBytes <= SecurityEventTransmitter.maximumBytes else {
            return respond(responder, .init(status: 400, code: "invalid_request", text: "the token is too long"))
        }
        let loop = call.eventLoop
        signals.receive(Array(call.body.readableBytesView), authorization: call.headers["authorization"]) { answer in
            loop.execute { respond(responder, answer) }
        }
    }

    private static func respond(_ responder: HTTPResponder, _ answer: SharedSignals.Answer) {
        var headers = FieldList()
        headers.append("cache-control", "no-store")
        guard !answer.code.isEmpty else { return responder.respond(status: answer.status, headers: headers) }
        headers.append("content-type", "application/json")
        headers.append("content-language", "en")
        let body: JSONValue = ["description": .string(answer.text), "err": .string(answer.code)]
        responder.respond(status: answer.status, headers: headers, body: ByteBuffer(bytes: body.canonicalBytes()))
    }
}
