// SPDX-License-Identifier: Apache-2.0

import Fields
import Gateways
import NIOCore
import Telemetry
import Transport

/// What the HTTP listener for gateways answers.
enum PublicEndpoints {
    static func handle(
        _ call: HTTPCallRequest, _ responder: HTTPResponder, _ gate: CalloutGate, _ signals: SharedSignals?,
        _ witness: WitnessService?, _ protocols: [ServerConfiguration.Listener.WireProtocol]
    ) {
        if call.path == SharedSignalsEndpoint.path, protocols.contains(.sharedSignals), let signals {
            return SharedSignalsEndpoint.handle(call, responder, signals)
        }
        if call.path == WitnessService.path, protocols.contains(.witness), let witness {
            return witness.handle(call, responder)
        }
        if call.path == DecisionsService.path, protocols.contains(.decisions) {
            return DecisionsService.handle(call, responder, gate)
        }
        responder.respond(
            status: 404,
            text: "{\"reason\":\"not_found\",\"status\":404,\"title\":\"Not found.\",\"type\":\"about:blank\"}",
            type: "application/problem+json")
    }
}

/// What the admin listener answers.
enum AdminEndpoints {
    static func handle(_ call: HTTPCallRequest, _ responder: HTTPResponder, _ state: ServiceState) {
        guard call.method == "GET" || call.method == "HEAD" else {
            return responder.respond(status: 405, text: "only GET is accepted\n", type: "text/plain")
        }
        switch call.path {
        case "/healthz": responder.respond(status: 200, text: "ok\n", type: "text/plain")
        case "/readyz":
            let obstacles = state.obstacles
            let text = obstacles.isEmpty ? "ready\n" : obstacles.map { "not ready: \($0)\n" }.joined()
            responder.respond(status: obstacles.isEmpty ? 200 : 503, text: text, type: "text/plain")
        case "/metrics":
            responder.respond(
                status: 200, text: state.registry.text(), type: "text/plain; version=0.0.4; charset=utf-8")
        case "/status":
            responder.respond(
                status: 200, text: String(decoding: state.json, as: UTF8.self) + "\n", type: "application/json"
            )
        default: responder.respond(status: 404, text: "not found\n", type: "text/plain")
        }
    }
}

extension HTTPResponder {
    fileprivate func respond(status: Int, text: String, type: String) {
        var headers = FieldList()
        headers.append("content-type", type)
        headers.append("cache-control", "no-store")
        respond(status: status, headers: headers, body: ByteBuffer(string: text))
    }
}
