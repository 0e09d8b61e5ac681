// SPDX-License-Identifier: Apache-2.0

import Fields
import NIOCore
import NIOTLS

/// The client's side of a connection.
///
/// `@unchecked Sendable`: every member is used on the channel's event loop only.
final class GRPCClientConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    final class Call {
        let promise: EventLoopPromise<GRPCChannel.Answer>
        var streamID: Int32 = 0
        var outgoing: ByteBuffer
        var received = FieldList()
        var assembler = MessageAssembler()
        var message: ByteBuffer?
        var problem: GRPCStatus?
        var timeout: Scheduled<Void>?

        init(promise: EventLoopPromise<GRPCChannel.Answer>, outgoing: ByteBuffer) {
            self.promise = promise
            self.outgoing = outgoing
        }
    }

    private static let messageLimit = 64 << 20

    private let authority: String
    private let isTLS: Bool
    private var context: ChannelHandlerContext?
    private var session: HTTP2Session?
    private var calls: [Int: Call] = [:]
    private var nextSlot = 0
    private var finished: [(call: Call, status: GRPCStatus)] = []
    private var isReadBatch = false
    private var isDrainScheduled = false
    private var isClosed = false
    private let unavailable = GRPCStatus(.unavailable, "the connection is closed")

    init(authority: String, isTLS: Bool) {
        self.authority = authority
        self.isTLS = isTLS
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let options = HTTP2Session.Options(
            concurrentStreams: 0, headerListBytes: 64 << 10, streamWindowBytes: 4 << 20,
            connectionWindowBytes: 16 << 20,
            resets: 10_000, continuations: 8, queuedAcknowledgements: 1000)
        session = HTTP2Session(isServer: false, options: options, owner: self)
    }

    func channelActive(context: ChannelHandlerContext) {
        drain()
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func end() {
        isClosed = true
        session?.close()
        session = nil
        for (_, call) in calls { finished.append((call, unavailable)) }
        calls.removeAll()
        reportFinished()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let session, !isClosed else { return }
        isReadBatch = true
        let goesOn = unwrapInboundIn(data).withUnsafeReadableBytes { session.receive($0) }
        reportFinished()
        if !goesOn || session.refusesInput {
            drain()
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReadBatch = false
        drain()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, !isReadBatch { needsDrain() }
        context.fireChannelWritabilityChanged()
    }

    private func needsDrain() {
        guard !isReadBatch, !isDrainScheduled, let context else { return }
        isDrainScheduled = true
        context.eventLoop.execute {
            self.isDrainScheduled = false
            self.drain()
        }
    }

    private func drain() {
        guard let context, context.channel.isActive, let session else { return }
        var outbound = ByteBuffer()
        while context.channel.isWritable, session.send({ outbound.writeBytes($0) }) {
            guard outbound.readableBytes >= 256 << 10 else { continue }
            context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
            outbound = ByteBuffer()
        }
        if outbound.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(outbound), promise: nil) }
        reportFinished()
    }

    private func reportFinished() {
        while let (call, status) = finished.popLast() {
            call.timeout?.cancel()
            call.promise.succeed(.init(message: call.message, status: status, trailers: call.received))
        }
    }
}

// MARK: Calling

extension GRPCClientConnection {
    func call(
        path: String, metadata: FieldList, message: ByteBuffer, timeout: TimeAmount?, on eventLoop: any EventLoop
    ) -> EventLoopFuture<GRPCChannel.Answer> {
        guard let context, let session, !isClosed else { return eventLoop.makeFailedFuture(unavailable) }
        var outgoing = ByteBuffer()
        outgoing.writeInteger(0, as: UInt8.self)
        outgoing.writeInteger(UInt32(truncatingIfNeeded: message.readableBytes))
        outgoing.writeImmutableBuffer(message)
        let call = Call(promise: context.eventLoop.makePromise(), outgoing: outgoing)
        var fields: [HTTP2Field] = [
            .fixed(":method", "POST"), isTLS ? .fixed(":scheme", "https") : .fixed(":scheme", "http"),
            .value(":path", Array(path.utf8)), .value(":authority", Array(authority.utf8)), .fixed("te", "trailers"),
            .fixed("content-type", "application/grpc"), .fixed("grpc-accept-encoding", "identity,gzip"),
        ]
        if let timeout { fields.append(.value("grpc-timeout", Array(GRPCTimeout.format(timeout).utf8))) }
        for (name, value) in metadata { fields.append(.free(Array(name.lowercased().utf8), Array(value.utf8))) }
        let slot = nextSlot
        nextSlot = (nextSlot + 1) & 0x3FFF_FFFF
        guard let streamID = session.submitRequest(slot: slot, fields) else {
            call.promise.fail(GRPCStatus(.unavailable, "the server takes no more calls on this connection"))
            return call.promise.futureResult
        }
        call.streamID = streamID
        calls[slot] = call
        if let timeout {
            call.timeout = context.eventLoop.scheduleTask(in: timeout) { self.timeOut(slot) }
        }
        needsDrain()
        return call.promise.futureResult
    }

    private func timeOut(_ slot: Int) {
        guard let call = calls.removeValue(forKey: slot) else { return }
        session?.reset(streamID: call.streamID, errorCode: .cancel)
        finished.append((call, GRPCStatus(.deadlineExceeded, "no answer within the timeout")))
        reportFinished()
        needsDrain()
    }
}

// MARK: What the session reports

extension GRPCClientConnection: HTTP2SessionOwner {
    func headersBegan(streamID: Int32, isOpening: Bool, slot: Int?) -> Int? { slot }

    func header(slot: Int, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) -> Bool {
        calls[slot]?.received.append(name: name, value: value)
        return true
    }

    func headersEnded(slot: Int, streamID: Int32, endOfStream: Bool) {}

    func data(slot: Int?, streamID: Int32, bytes: UnsafeRawBufferPointer) {
        session?.consume(streamID: streamID, count: bytes.count)
        guard let slot, let call = calls[slot], call.problem == nil else { return }
        var rest = bytes
        do {
            while let message = try call.assembler.next(&rest, limit: Self.messageLimit) {
                call.message =
                    message.isCompressed
                    ? try Gzip.inflate(message.bytes, limit: Self.messageLimit) : message.bytes
            }
        } catch {
            call.problem = error
        }
    }

    func dataEnded(slot: Int, streamID: Int32) {}

    func streamClosed(slot: Int, streamID: Int32, errorCode: UInt32) {
        guard let call = calls.removeValue(forKey: slot) else { return }
        finished.append((call, call.problem ?? Self.status(of: call, errorCode: errorCode)))
    }

    private static func status(of call: Call, errorCode: UInt32) -> GRPCStatus {
        if let text = call.received["grpc-status"], let number = UInt8(text) {
            let code = GRPCStatus.Code(rawValue: number) ?? .unknown
            return GRPCStatus(code, GRPCStatus.decodeMessage(call.received["grpc-message"] ?? ""))
        }
        if errorCode == HTTP2ErrorCode.refusedStream.rawValue {
            return GRPCStatus(.unavailable, "the server refused the stream")
        }
        let httpStatus = call.received[":status"] ?? "none"
        return GRPCStatus(.unknown, "no grpc-status; HTTP status \(httpStatus), stream error \(errorCode)")
    }

    func produce(slot: Int, streamID: Int32, into space: UnsafeMutableRawBufferPointer) -> HTTP2Production {
        guard let call = calls[slot] else { return .failed }
        let count = min(space.count, call.outgoing.readableBytes)
        call.outgoing.readWithUnsafeReadableBytes { bytes in
            space.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
            return count
        }
        return call.outgoing.readableBytes == 0 ? .lastBytes(count) : .bytes(count)
    }

    func pingAcknowledged() {}
    func goAwayReceived(lastStreamID: Int32) {}
    func invalidFrame() {}
}
