// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOSSL
import NIOTLS

/// One client connection that speaks gRPC over HTTP/2.
///
/// Bytes go into the session; what it reports becomes `events`, handled after the library has returned, so that no
/// handler ever runs inside it. Answers are drained once per read, or once per loop task when they come later.
///
/// `@unchecked Sendable`: every member is used on the channel's event loop only; responders, which carry a reference
/// here, are documented to belong there.
final class GRPCConnection: ChannelInboundHandler, DrainableConnection, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the session reported and has still to be acted upon.
    enum Event {
        case unary(slot: Int, streamID: Int32, message: ByteBuffer)
        case open(slot: Int, streamID: Int32)
        case message(slot: Int, streamID: Int32, message: ByteBuffer)
        case end(slot: Int, streamID: Int32)
        case reject(slot: Int, streamID: Int32, GRPCStatus, httpStatus: Int)
        case surplus(streamID: Int32)
        case cancelled([@Sendable () -> Void])
    }

    let router: GRPCRouter
    let limits: ListenerLimits
    let trust: PeerTrust
    let isTLS: Bool
    let transportEvents: TransportEvents

    var context: ChannelHandlerContext?
    var session: HTTP2Session?
    var peer = Peer(remoteAddress: "")

    var slots: [StreamSlot] = []
    var freeSlots: [Int] = []
    var liveCount = 0
    var events: [Event] = []
    /// Storage for the next batch of events.
    var spareEvents: [Event] = []
    /// Streams whose answer is complete while the client's side is still open.
    var answeredEarly: [(slot: Int, streamID: Int32)] = []
    var bufferedBytes = 0

    var now = NIODeadline.now()
    var resetBudget: AbuseBudget
    var controlBudget: AbuseBudget
    var meter = FrameMeter(expectsPreface: true)

    var outbound = ByteBuffer()
    var isReadBatch = false
    var isWriting = false
    var isDrainScheduled = false
    var isClosing = false

    var openedAt = NIODeadline.now()
    var activeAt = NIODeadline.now()
    var headerBlockSince: NIODeadline?
    var insideFrameSince: NIODeadline?
    var unwritableSince: NIODeadline?
    var timer: Scheduled<Void>?
    var timerAt: NIODeadline?
    var drain = DrainState.none

    enum DrainState {
        case none
        /// The peer was told; streams that it opened before it heard are still taken.
        case announced(finalAt: NIODeadline, closeAt: NIODeadline)
        case final(closeAt: NIODeadline)
    }

    init(router: GRPCRouter, configuration: ListenerConfiguration, transportEvents: TransportEvents) {
        self.router = router
        limits = configuration.limits
        trust = configuration.trust
        isTLS = configuration.tls != nil
        self.transportEvents = transportEvents
        resetBudget = AbuseBudget(limit: limits.resets, window: limits.abuseWindow, now: now)
        controlBudget = AbuseBudget(limit: limits.controlFrames, window: limits.abuseWindow, now: now)
    }
}

// MARK: Life of the channel

extension GRPCConnection {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { opened(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        opened(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func opened(_ context: ChannelHandlerContext) {
        now = .now()
        (openedAt, activeAt) = (now, now)
        if !isTLS { start(context, certificate: nil) }
        if let nextMoment { armTimer(at: nextMoment) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted(let negotiatedProtocol) = event, isTLS {
            // RFC 9113, section 3.3: over TLS, HTTP/2 is agreed by ALPN or not spoken.
            guard negotiatedProtocol == "h2" else { return closeNow() }
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            start(context, certificate: certificate.flatMap { PeerCertificate($0) })
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func start(_ context: ChannelHandlerContext, certificate: PeerCertificate?) {
        guard session == nil, !isClosing else { return }
        peer = Peer(remoteAddress: context.remoteAddress?.ipAddress ?? "", isTLS: isTLS, certificate: certificate)
        let options = HTTP2Session.Options(
            concurrentStreams: limits.concurrentStreams, headerListBytes: limits.headerListBytes,
            streamWindowBytes: limits.streamWindowBytes, connectionWindowBytes: limits.connectionWindowBytes,
            resets: limits.resets, continuations: limits.continuations,
            queuedAcknowledgements: trust == .gateway ? 10_000 : 1000)
        guard let session = HTTP2Session(isServer: true, options: options, owner: self) else { return closeNow() }
        self.session = session
        drainOutput()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOSSLError || error is BoringSSLError, session == nil { transportEvents.handshakeFailed() }
        closeNow()
    }

    func closeNow() {
        isClosing = true
        context?.close(promise: nil)
    }

    /// The connection is gone: whoever still works on a call is told.
    private func end() {
        guard session != nil || timer != nil else { return }
        isClosing = true
        timer?.cancel()
        timer = nil
        session?.close()
        session = nil
        for (index, slot) in slots.enumerated() where slot.state != .free {
            noteCancellation(slot)
            release(index)
        }
        performEvents()
    }
}

// MARK: Bytes in

extension GRPCConnection {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing, let session else { return }
        if !isReadBatch {
            isReadBatch = true
            now = .now()
        }
        let input = unwrapInboundIn(data)
        let isWithinBudget = input.withUnsafeReadableBytes { spend(meter.count($0)) }
        guard isWithinBudget else { return }
        noteProgress()
        let goesOn = input.withUnsafeReadableBytes { session.receive($0) }
        performEvents()
        moveOutput()
        if !goesOn || session.refusesInput { finishSession() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReadBatch = false
        drainOutput()
        context.fireChannelReadComplete()
    }

    private func spend(_ counts: FrameMeter.Counts) -> Bool {
        controlBudget.earn(counts.data)
        guard resetBudget.spend(counts.resets, now: now) else {
            endAbuse(.resetFlood)
            return false
        }
        guard controlBudget.spend(counts.control + counts.headers, now: now) else {
            endAbuse(.controlFlood)
            return false
        }
        return true
    }

    private func noteProgress() {
        // A stranger's pings are no reason to keep its connection; a gateway's are.
        if trust == .gateway || liveCount > 0 { activeAt = now }
        insideFrameSince = meter.isInsideFrame ? insideFrameSince ?? now : nil
    }

    func endAbuse(_ kind: AbuseKind) {
        transportEvents.abuse(kind)
        session?.terminate(.enhanceYourCalm)
        finishSession()
    }

    /// The session is over: sends what is left, then closes without losing the GOAWAY to a TCP reset.
    func finishSession() {
        guard !isClosing, let context else { return }
        moveOutput()
        isClosing = true
        let promise = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        promise.futureResult.whenComplete { _ in channel.close(mode: .output, promise: nil) }
        context.writeAndFlush(wrapOutboundOut(outbound), promise: promise)
        outbound = ByteBuffer()
        // What still arrives is read and dropped until the peer closes too, or for a second.
        timer?.cancel()
        timer = context.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }
}

// MARK: Bytes out

extension GRPCConnection {
    /// Called after every answer: within a read the end of the batch drains, otherwise one task for all of this tick's.
    func needsDrain() {
        guard !isReadBatch, !isDrainScheduled, !isClosing, let context else { return }
        isDrainScheduled = true
        context.eventLoop.execute { self.drainLate() }
    }

    private func drainLate() {
        isDrainScheduled = false
        if !isReadBatch { drainOutput() }
    }

    func drainOutput() {
        // A write may change the channel's writability, which leads back here.
        while !isClosing, !isWriting, let context, let session {
            moveOutput()
            let isMore = outbound.readableBytes >= Self.outboundLimit
            if outbound.readableBytes > 0 {
                isWriting = true
                context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
                isWriting = false
                // Unless the bytes still wait to be written, this reuses the storage.
                outbound.clear(minimumCapacity: min(outbound.capacity, 64 << 10))
            }
            if session.isFinished { finishSession() }
            guard isMore, context.channel.isWritable else { return }
        }
    }

    /// Moves what the session has to send into `outbound`, as long as the peer reads.
    private func moveOutput() {
        guard let session, let context, context.channel.isWritable else { return }
        moveFrames(session)
        guard !answeredEarly.isEmpty else { return }
        for early in answeredEarly {
            let slot = slots[early.slot]
            if slot.streamID == early.streamID, !slot.hasRemoteEnded {
                session.reset(streamID: early.streamID, errorCode: .noError)
            }
        }
        answeredEarly.removeAll(keepingCapacity: true)
        moveFrames(session)
    }

    private func moveFrames(_ session: HTTP2Session) {
        while outbound.readableBytes < Self.outboundLimit, session.send({ outbound.writeBytes($0) }) {}
        performEvents()
    }

    private static let outboundLimit = 1 << 20

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            unwritableSince = nil
            if !isReadBatch { drainOutput() }
        } else {
            unwritableSince = .now()
            armTimer(at: .now() + limits.messageTimeout)
        }
        context.fireChannelWritabilityChanged()
    }
}
