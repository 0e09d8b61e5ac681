// SPDX-License-Identifier: Apache-2.0

import Fields
import NIOCore

/// Everything a connection knows about one open stream; reused for the next stream when this one is over.
final class StreamSlot {
    enum State {
        case free
        /// Headers are coming in.
        case opening
        /// A unary call whose message is not complete, or a streaming call that is open.
        case receiving
        /// A unary call is with its handler.
        case handling
        /// The end of our answer is submitted.
        case answered
    }

    struct Outgoing {
        let message: ByteBuffer
        /// Bytes already sent, the five of the prefix included.
        var sent = 0
    }

    var streamID: Int32 = 0
    var state = State.free

    /// One more than was announced: to be reset without a look.
    var isSurplus = false

    // What came in.
    var isPOST = false
    var isGRPC = false
    var route: Int?
    var timeout: TimeAmount?
    var hasMalformedTimeout = false
    var isGzip = false
    var hasUnknownEncoding = false
    var metadata = FieldList()
    var headerBytes = 0
    var assembler = MessageAssembler()
    var pendingMessage: ByteBuffer?
    var hasRemoteEnded = false
    /// Bytes held for this stream that count against the connection's limit.
    var charged = 0

    // When it must be over.
    var deadline: NIODeadline?
    /// When receiving, or the peer's reading of our answer, has stalled for too long.
    var stallsAt: NIODeadline?

    // What goes out.
    var hasSentHeaders = false
    var outgoing: [Outgoing] = []
    var outgoingBytes = 0
    var isWaitingToProduce = false
    var wasUnwritable = false
    var status: GRPCStatus?

    // Whom to tell.
    var receiver: StreamReceiver?
    var cancelActions: [@Sendable () -> Void] = []
    var isReadingPaused = false
    var unconsumed = 0

    func open(streamID: Int32) {
        self.streamID = streamID
        state = .opening
    }

    /// Forgets the stream; keeps no reference to what it carried.
    func clear() {
        streamID = 0
        state = .free
        isSurplus = false
        isPOST = false
        isGRPC = false
        route = nil
        timeout = nil
        hasMalformedTimeout = false
        isGzip = false
        hasUnknownEncoding = false
        metadata = FieldList()
        headerBytes = 0
        assembler = MessageAssembler()
        pendingMessage = nil
        hasRemoteEnded = false
        charged = 0
        deadline = nil
        stallsAt = nil
        hasSentHeaders = false
        outgoing.removeAll(keepingCapacity: outgoing.capacity <= 8)
        outgoingBytes = 0
        isWaitingToProduce = false
        wasUnwritable = false
        status = nil
        receiver = nil
        cancelActions.removeAll()
        isReadingPaused = false
        unconsumed = 0
    }
}
