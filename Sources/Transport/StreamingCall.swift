// SPDX-License-Identifier: Apache-2.0

package import Fields
package import NIOCore

/// The opening of a call that carries any number of messages in both directions.
package struct StreamingCall: Sendable {
    package let path: String
    package let metadata: FieldList
    package let deadline: NIODeadline?
    package let peer: Peer
    package let eventLoop: any EventLoop
    package let receivedAt: NIODeadline
}

/// Our side of a streaming call.
///
/// All members belong on the call's event loop.
package struct GRPCStream: Sendable {
    let connection: GRPCConnection
    let slot: Int
    let streamID: Int32

    /// Queues a message; dropped when the call is gone.
    package func send(_ message: ByteBuffer) {
        connection.send(slot: slot, streamID: streamID, message: message)
    }

    /// Ends the call after what is queued; the second end is dropped.
    package func finish(_ status: GRPCStatus) {
        connection.finish(slot: slot, streamID: streamID, status: status)
    }

    /// Whether fewer bytes than the high-water mark wait for the peer to read them.
    package var isWritable: Bool { connection.isWritable(slot: slot, streamID: streamID) }

    /// While paused, the peer may send only what the flow-control window still allows.
    package func setReading(_ isReading: Bool) {
        connection.setReading(isReading, slot: slot, streamID: streamID)
    }

    package var isCancelled: Bool { !connection.isLive(slot: slot, streamID: streamID) }
}

/// What a streaming method does with what arrives; every closure is called on the call's event loop.
package struct StreamReceiver: Sendable {
    package var onMessage: @Sendable (ByteBuffer) -> Void
    /// The caller will send no more messages.
    package var onEnd: @Sendable () -> Void
    /// The call ended without our `finish`: reset, deadline passed, or connection gone.
    package var onCancel: @Sendable () -> Void
    /// What was queued fell below the low-water mark again.
    package var onWritable: @Sendable () -> Void
    /// The connection is going away: finish soon, before the drain timeout ends the call.
    package var onDrain: @Sendable () -> Void

    package init(
        onMessage: @escaping @Sendable (ByteBuffer) -> Void,
        onEnd: @escaping @Sendable () -> Void = {},
        onCancel: @escaping @Sendable () -> Void = {},
        onWritable: @escaping @Sendable () -> Void = {},
        onDrain: @escaping @Sendable () -> Void = {}
    ) {
        self.onMessage = onMessage
        self.onEnd = onEnd
        self.onCancel = onCancel
        self.onWritable = onWritable
        self.onDrain = onDrain
    }
}

/// Called when a streaming call opens; messages go to the receiver that it returns.
package typealias StreamingHandler = @Sendable (StreamingCall, GRPCStream) -> StreamReceiver
