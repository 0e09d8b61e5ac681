// SPDX-License-Identifier: Apache-2.0

import Callout
import DecisionEngine
import Fields
import NIOCore
package import Transport

/// `apigee.ExternalCalloutService` over gRPC.
package enum ApigeeService {
    /// The full method, as it stands in `:path`.
    package static let method = "/apigee.ExternalCalloutService/ProcessMessage"

    /// The metadata in which a gateway may send its API key.
    static let keyMetadata = "x-countersign-key"

    /// The service with its one method.
    package static func service(_ gate: CalloutGate) -> GRPCServiceDescription {
        GRPCServiceDescription(
            name: "apigee.ExternalCalloutService",
            methods: ["ProcessMessage": .unary { call, responder in process(call, responder, gate) }],
            fileDescriptors: [ApigeeDescriptor.file()]
        )
    }

    /// A gRPC error is told only where the message cannot be read: `continueOnError` would turn it into an allow (W2).
    private static func process(_ call: UnaryCall, _ responder: UnaryResponder, _ gate: CalloutGate) {
        let message: ApigeeMessage
        do throws(ProtobufError) {
            message = try ApigeeMessage(reading: call.message)
        } catch {
            return responder.fail(GRPCStatus(.invalidArgument, "request_malformed: \(error)"))
        }
        let question = ApigeeReplyContext(message, original: call.message)
        let answer: @Sendable (Verdict) -> Void = { verdict in
            responder.succeed(message: ApigeeAnswer.encode(verdict, to: question))
        }
        let timing = CallTiming(
            receivedAt: call.receivedAt, deadline: call.deadline ?? call.receivedAt + gate.defaultBudget
        )
        let key = message.presentedKey ?? call.metadata[keyMetadata]
        do throws(Fault) {
            let gateway = try gate.authenticate(call.peer, key: key)
            let callout = message.calloutRequest(from: gateway)
            guard !message.exceedsHeaderLimit else {
                let fault = Fault(.requestTooLarge)
                return gate.decisionPoint.refuse(callout, fault, timing, on: call.eventLoop, answer: answer)
            }
            let task = gate.decisionPoint.decide(callout, timing, on: call.eventLoop, answer: answer)
            if let task { responder.onCancel { task.cancel() } }
        } catch {
            let callout = message.calloutRequest(from: GatewayAuthenticator.nobody)
            gate.decisionPoint.refuse(callout, error, timing, on: call.eventLoop, answer: answer)
        }
    }
}
