// SPDX-License-Identifier: Apache-2.0

import Callout
import DecisionEngine
import Fields
import NIOCore
import StrictJSON
package import Transport

/// `POST /v1/decisions`: one decision as JSON, for Apigee's ServiceCallout and for anybody else.
///
/// Allow and deny are both 200: a ServiceCallout takes every other status for a failure of its own.
package enum DecisionsService {
    package static let path = "/v1/decisions"
    /// The header in which a gateway sends its API key.
    static let keyHeader = "x-countersign-key"

    /// Answers a request for ``path``.
    package static func handle(_ call: HTTPCallRequest, _ responder: HTTPResponder, _ gate: CalloutGate) {
        guard call.method == "POST" else {
            var headers = FieldList()
            headers.append("allow", "POST")
            return respond(
                responder, .init(status: 405, code: "method_not_allowed", detail: "only POST is accepted"), headers
            )
        }
        let gateway: GatewayIdentity
        let timing = CallTiming(receivedAt: call.receivedAt, deadline: call.receivedAt + gate.defaultBudget)
        do throws(Fault) {
            gateway = try gate.authenticate(call.peer, key: call.headers[keyHeader])
        } catch {
            let callout = CalloutRequest(dialect: .decisions, gateway: GatewayAuthenticator.nobody)
            return gate.decisionPoint.refuse(callout, error, timing, on: call.eventLoop) { verdict in
                respond(
                    responder, .init(status: verdict.status, code: verdict.reason.rawValue, detail: verdict.message)
                )
            }
        }
        let callout: CalloutRequest
        do throws(DecisionsProblem) {
            callout = try DecisionsRequest.read(call, from: gateway)
        } catch {
            return respond(responder, error)
        }
        _ = gate.decisionPoint.decide(callout, timing, on: call.eventLoop) { verdict in
            var headers = FieldList()
            headers.append("content-type", "application/json")
            headers.append("x-countersign-decision", verdict.decisionID)
            let status = verdict.outcome == .error ? verdict.status : 200
            responder.respond(status: status, headers: headers, body: ByteBuffer(bytes: DecisionsAnswer.bytes(verdict)))
        }
    }

    private static func respond(
        _ responder: HTTPResponder, _ problem: DecisionsProblem, _ extra: FieldList = FieldList()
    ) {
        var headers = extra
        headers.append("content-type", "application/problem+json")
        responder.respond(status: problem.status, headers: headers, body: ByteBuffer(bytes: problem.bytes))
    }
}

/// Why a call could not be taken: problem details (RFC 9457).
struct DecisionsProblem: Error, Sendable {
    let status: Int
    /// The stable reason.
    let code: String
    /// What was wrong and what would be accepted.
    let detail: String

    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("type")
        writer.string("about:blank")
        writer.key("title")
        writer.string(status == 400 ? "The call cannot be read." : "The call was not accepted.")
        writer.key("status")
        writer.int(Int64(status))
        writer.key("detail")
        writer.string(detail)
        writer.key("reason")
        writer.string(code)
        writer.endObject()
        return writer.bytes
    }
}
