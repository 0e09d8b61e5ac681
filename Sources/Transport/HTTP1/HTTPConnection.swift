// SPDX-License-Identifier: Apache-2.0

import Fields
import NIOCore
import NIOHTTP1
import NIOSSL
import NIOTLS

/// One client connection that speaks HTTP/1.1: one request at a time, answered in the order they came.
///
/// `@unchecked Sendable`: every member is used on the channel's event loop only; responders, which carry a reference
/// here, are documented to belong there.
final class HTTPConnection: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        case idle
        case receiving
        case handling
        /// The last answer is written; what still arrives is dropped.
        case closing
    }

    /// What arrived while an earlier request was being answered.
    enum Arrival {
        case part(HTTPServerRequestPart)
        case broken(status: Int)
    }

    let handler: HTTPHandler
    let limits: ListenerLimits
    let isTLS: Bool
    let events: TransportEvents

    var context: ChannelHandlerContext?
    var peer = Peer(remoteAddress: "")
    var phase = Phase.idle
    var waiting: [Arrival] = []
    var isWorkingOff = false

    var number = 0
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
    var body = ByteBuffer()
    var keepsAlive = true

    var isReadHeld = false
    var isReadBatch = false
    var isFlushScheduled = false
    var isDraining = false
    /// When the present phase must be over.
    var dueAt: NIODeadline?
    /// Until when, after the last answer, what still arrives is dropped rather than the connection closed.
    var lingersUntil: NIODeadline?
    /// When bytes of a request came without its head being complete.
    var headSince: NIODeadline?
    var unwritableSince: NIODeadline?
    var timer: Scheduled<Void>?
    var timerAt: NIODeadline?

    init(handler: @escaping HTTPHandler, configuration: ListenerConfiguration, events: TransportEvents) {
        self.handler = handler
        limits = configuration.limits
        isTLS = configuration.tls != nil
        self.events = events
    }

    var isClosed: Bool { context == nil || phase == .closing }
}

// MARK: Life of the channel

extension HTTPConnection: DrainableConnection {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { opened(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        phase = .closing
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        opened(context)
        context.fireChannelActive()
    }

    private func opened(_ context: ChannelHandlerContext) {
        peer = Peer(remoteAddress: context.remoteAddress?.ipAddress ?? "", isTLS: isTLS)
        headSince = .now()
        wait(atMost: limits.headerTimeout)
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closing
        waiting.removeAll()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event, isTLS {
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            peer = Peer(
                remoteAddress: peer.remoteAddress, isTLS: true,
                certificate: certificate.flatMap { PeerCertificate($0) })
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError {
            if phase == .closing { return }
            events.abuse(error == .headerOverflow ? .headerList : .protocolViolation)
            waiting.append(.broken(status: error == .headerOverflow ? 431 : 400))
            return workOff()
        }
        if error is NIOSSLError || error is BoringSSLError, number == 0 { events.handshakeFailed() }
        closeNow()
    }

    func closeNow() {
        phase = .closing
        context?.close(promise: nil)
    }

    func beginDrain() {
        isDraining = true
        keepsAlive = false
        let end = NIODeadline.now() + limits.drainTimeout
        if let until = lingersUntil {
            lingersUntil = min(until, end)
            return linger()
        }
        if phase == .idle { closeNow() } else { arm(at: end, replacing: true) }
        dueAt = phase == .closing ? nil : end
    }
}

// MARK: Requests in

extension HTTPConnection {
    /// Holds the next read back while a request is being answered, so that a pipelining client is bounded by one read.
    func read(context: ChannelHandlerContext) {
        if phase == .handling || !waiting.isEmpty { isReadHeld = true } else { context.read() }
    }

    /// Bytes have come; the decoder may or may not have a head for us yet.
    func noteBytes() {
        if lingersUntil != nil { return linger() }
        guard phase == .idle, headSince == nil else { return }
        headSince = .now()
        wait(atMost: limits.headerTimeout)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReadBatch = true
        guard phase != .closing else { return }
        waiting.append(.part(unwrapInboundIn(data)))
        workOff()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReadBatch = false
        context.flush()
        context.fireChannelReadComplete()
    }

    /// Handles what waits until a request is with its handler.
    ///
    /// A loop, since handlers may answer at once.
    func workOff() {
        guard !isWorkingOff else { return }
        isWorkingOff = true
        var next = 0
        while next < waiting.count, phase != .handling, phase != .closing {
            let arrival = waiting[next]
            next += 1
            switch arrival {
            case .part(.head(let head)): begin(head)
            case .part(.body(let bytes)): take(bytes)
            case .part(.end): finishRequest()
            case .broken(let status): refuse(status)
            }
        }
        if phase == .closing { waiting.removeAll() } else { waiting.removeFirst(min(next, waiting.count)) }
        isWorkingOff = false
        if isReadHeld, phase != .handling, waiting.isEmpty, let context {
            isReadHeld = false
            context.read()
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        headSince = nil
        number &+= 1
        self.head = head
        body = ByteBuffer()
        phase = .receiving
        // After an upgrade request the decoder reads no further.
        keepsAlive =
            head.isKeepAlive && !isDraining && !head.headers.contains(name: "upgrade") && head.method != .CONNECT
        wait(atMost: limits.messageTimeout)
        guard head.version.minor == 0 || head.headers["host"].count == 1 else { return refuse(400) }
        guard head.headers["host"].count <= 1, head.headers["content-length"].count <= 1 else { return refuse(400) }
        if let length = head.headers.first(name: "content-length") {
            guard let length = Int(length), length >= 0 else { return refuse(400) }
            guard length <= limits.bodyBytes else { return refuse(413) }
        }
        guard let expectation = head.headers.first(name: "expect") else { return }
        guard expectation.lowercased() == "100-continue" else { return refuse(417) }
        if head.version.minor > 0 { write(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"), flushing: true) }
    }

    private func take(_ bytes: ByteBuffer) {
        guard phase == .receiving else { return }
        guard body.readableBytes + bytes.readableBytes <= limits.bodyBytes else { return refuse(413) }
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
    }

    private func finishRequest() {
        guard phase == .receiving, let context else { return }
        phase = .handling
        dueAt = nil
        var headers = FieldList()
        for (name, value) in head.headers { headers.append(name, value) }
        let target = head.uri
        let query = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        let request = HTTPCallRequest(
            method: head.method.rawValue, target: target, path: String(target[..<(query ?? target.endIndex)]),
            query: query.map { String(target[target.utf8.index(after: $0)...]) }, headers: headers, body: body,
            peer: peer,
            eventLoop: context.eventLoop, receivedAt: .now())
        body = ByteBuffer()
        handler(request, HTTPResponder(connection: self, number: number))
    }
}
