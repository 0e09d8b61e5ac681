// SPDX-License-Identifier: Apache-2.0

package import Fields
package import NIOCore

/// One complete unary call: everything that the caller sent.
package struct UnaryCall: Sendable {
    /// The full method, such as `/apigee.ExternalCalloutService/ProcessMessage`.
    package let path: String
    /// What the caller sent beside the message, without pseudo-headers and the headers of the protocol itself.
    package let metadata: FieldList
    /// The message, already decompressed.
    package let message: ByteBuffer
    /// When the caller stops waiting, from `grpc-timeout`; the transport answers DEADLINE_EXCEEDED by itself then.
    package let deadline: NIODeadline?
    package let peer: Peer
    /// The loop that the handler is called on and that the responder must be used on.
    package let eventLoop: any EventLoop
    /// When the bytes that completed the call were read.
    package let receivedAt: NIODeadline
}

/// Answers one unary call, now or later on the call's event loop.
///
/// The second answer, and one for a call that is gone, is dropped. All members belong on the event loop.
package struct UnaryResponder: Sendable {
    let connection: GRPCConnection
    let slot: Int
    let streamID: Int32

    /// Answers with a message and status OK.
    package func succeed(message: ByteBuffer) {
        connection.finishUnary(slot: slot, streamID: streamID, message: message)
    }

    /// Answers with a status alone; `.ok` without a message is turned into INTERNAL.
    package func fail(_ status: GRPCStatus) {
        connection.fail(slot: slot, streamID: streamID, status: status)
    }

    /// Whether nobody waits for the answer any more: reset, deadline passed, or connection gone.
    package var isCancelled: Bool {
        !connection.isLive(slot: slot, streamID: streamID)
    }

    /// Calls back once if the call ends without our answer; at once if it already has.
    package func onCancel(_ action: @escaping @Sendable () -> Void) {
        connection.onCancel(slot: slot, streamID: streamID, action)
    }
}

package typealias UnaryHandler = @Sendable (UnaryCall, UnaryResponder) -> Void
