// SPDX-License-Identifier: Apache-2.0

import Fields
import NIOCore

// MARK: Acting upon events

extension GRPCConnection {
    func performEvents() {
        guard !events.isEmpty else { return }
        var batch = spareEvents
        spareEvents = []
        while !events.isEmpty {
            swap(&batch, &events)
            for event in batch { perform(event) }
            batch.removeAll(keepingCapacity: batch.capacity <= 1024)
        }
        spareEvents = batch
    }

    private func perform(_ event: Event) {
        switch event {
        case .unary(let index, let streamID, let message): callUnary(index, streamID, message)
        case .open(let index, let streamID): openStream(index, streamID)
        case .message(let index, let streamID, let message):
            if isLive(slot: index, streamID: streamID) { slots[index].receiver?.onMessage(message) }
        case .end(let index, let streamID):
            if isLive(slot: index, streamID: streamID) { slots[index].receiver?.onEnd() }
        case .reject(let index, let streamID, let status, let httpStatus):
            guard slots[index].streamID == streamID else { return }
            let slot = slots[index]
            if let receiver = slot.receiver {
                slot.receiver = nil
                receiver.onCancel()
            }
            refuse(slot: index, streamID: streamID, status: status, httpStatus: httpStatus)
        case .surplus(let streamID): session?.reset(streamID: streamID, errorCode: .refusedStream)
        case .cancelled(let actions):
            for action in actions { action() }
        }
    }

    private func callUnary(_ index: Int, _ streamID: Int32, _ message: ByteBuffer) {
        let slot = slots[index]
        guard slot.streamID == streamID, slot.state == .handling, let context, let number = slot.route else { return }
        let route = router[number]
        guard case .unary(let handler) = route.method else { return }
        let call = UnaryCall(
            path: route.path, metadata: slot.metadata, message: message, deadline: slot.deadline, peer: peer,
            eventLoop: context.eventLoop, receivedAt: now)
        slot.metadata = FieldList()
        handler(call, UnaryResponder(connection: self, slot: index, streamID: streamID))
    }

    private func openStream(_ index: Int, _ streamID: Int32) {
        let slot = slots[index]
        guard slot.streamID == streamID, let context, let number = slot.route else { return }
        let route = router[number]
        guard case .streaming(let handler) = route.method else { return }
        let call = StreamingCall(
            path: route.path, metadata: slot.metadata, deadline: slot.deadline, peer: peer,
            eventLoop: context.eventLoop, receivedAt: now)
        slot.metadata = FieldList()
        let receiver = handler(call, GRPCStream(connection: self, slot: index, streamID: streamID))
        // The handler may already have finished the call.
        if isLive(slot: index, streamID: streamID) { slot.receiver = receiver }
    }
}

// MARK: What responders ask for

extension GRPCConnection {
    func isLive(slot index: Int, streamID: Int32) -> Bool {
        let slot = slots[index]
        return slot.streamID == streamID && (slot.state == .handling || slot.state == .receiving) && slot.status == nil
    }

    func onCancel(slot index: Int, streamID: Int32, _ action: @escaping @Sendable () -> Void) {
        guard isLive(slot: index, streamID: streamID) else { return action() }
        slots[index].cancelActions.append(action)
    }

    func finishUnary(slot index: Int, streamID: Int32, message: ByteBuffer) {
        guard isLive(slot: index, streamID: streamID), let session else { return }
        let slot = slots[index]
        enqueue(message, slot)
        slot.status = .ok
        slot.state = .answered
        slot.cancelActions.removeAll()
        slot.hasSentHeaders = true
        stallsFromNow(slot)
        _ = session.submitResponse(streamID: streamID, slot: index, Self.responseHeaders)
        needsDrain()
    }

    func fail(slot index: Int, streamID: Int32, status: GRPCStatus) {
        guard status.code != .ok else {
            return fail(slot: index, streamID: streamID, status: GRPCStatus(.internalError, "no message was made"))
        }
        guard isLive(slot: index, streamID: streamID) else { return }
        refuse(slot: index, streamID: streamID, status: status)
    }

    func send(slot index: Int, streamID: Int32, message: ByteBuffer) {
        guard isLive(slot: index, streamID: streamID), let session else { return }
        let slot = slots[index]
        enqueue(message, slot)
        if slot.stallsAt == nil { stallsFromNow(slot) }
        if !slot.hasSentHeaders {
            slot.hasSentHeaders = true
            _ = session.submitResponse(streamID: streamID, slot: index, Self.responseHeaders)
        } else if slot.isWaitingToProduce {
            slot.isWaitingToProduce = false
            session.resume(streamID: streamID)
        }
        needsDrain()
    }

    func finish(slot index: Int, streamID: Int32, status: GRPCStatus) {
        guard isLive(slot: index, streamID: streamID), let session else { return }
        let slot = slots[index]
        guard slot.hasSentHeaders else { return refuse(slot: index, streamID: streamID, status: status) }
        slot.status = status
        slot.state = .answered
        slot.receiver = nil
        stallsFromNow(slot)
        if slot.isWaitingToProduce {
            slot.isWaitingToProduce = false
            session.resume(streamID: streamID)
        }
        needsDrain()
    }

    /// Ends a call by status: Trailers-Only if nothing was sent yet, else trailers after what is queued.
    func refuse(slot index: Int, streamID: Int32, status: GRPCStatus, httpStatus: Int = 200) {
        let slot = slots[index]
        guard slot.streamID == streamID, slot.status == nil, let session else { return }
        slot.cancelActions.removeAll()
        slot.state = .answered
        slot.receiver = nil
        slot.status = status
        stallsFromNow(slot)
        if slot.hasSentHeaders {
            if slot.isWaitingToProduce {
                slot.isWaitingToProduce = false
                session.resume(streamID: streamID)
            }
        } else {
            slot.hasSentHeaders = true
            _ = session.submitHeaders(streamID: streamID, Self.trailersOnly(status, httpStatus: httpStatus))
            if !slot.hasRemoteEnded { answeredEarly.append((index, streamID)) }
        }
        needsDrain()
    }

    func isWritable(slot index: Int, streamID: Int32) -> Bool {
        guard isLive(slot: index, streamID: streamID) else { return false }
        return slots[index].outgoingBytes < Self.highWaterMark
    }

    func setReading(_ isReading: Bool, slot index: Int, streamID: Int32) {
        guard isLive(slot: index, streamID: streamID) else { return }
        let slot = slots[index]
        slot.isReadingPaused = !isReading
        guard isReading, slot.unconsumed > 0 else { return }
        session?.consume(streamID: streamID, count: slot.unconsumed)
        slot.unconsumed = 0
        needsDrain()
    }

    private func enqueue(_ message: ByteBuffer, _ slot: StreamSlot) {
        slot.outgoing.append(.init(message: message))
        slot.outgoingBytes += message.readableBytes
        if slot.outgoingBytes >= Self.highWaterMark { slot.wasUnwritable = true }
    }

    private func stallsFromNow(_ slot: StreamSlot) {
        let at = (isReadBatch ? now : .now()) + limits.messageTimeout
        slot.stallsAt = at
        armTimer(at: at)
    }

    static let highWaterMark = 256 << 10
}

// MARK: Filling frames

extension GRPCConnection {
    func produce(slot index: Int, streamID: Int32, into space: UnsafeMutableRawBufferPointer) -> HTTP2Production {
        guard index >= 0, index < slots.count, slots[index].streamID == streamID else { return .failed }
        let slot = slots[index]
        var filled = 0
        var done = 0
        while done < slot.outgoing.count {
            let (count, isWhole) = slot.outgoing[done].copy(
                into: UnsafeMutableRawBufferPointer(rebasing: space[filled...]))
            filled += count
            guard isWhole else { break }
            slot.outgoingBytes -= slot.outgoing[done].message.readableBytes
            done += 1
        }
        slot.outgoing.removeFirst(done)
        if filled > 0 { controlBudget.earn(3) }
        if slot.outgoing.isEmpty, let status = slot.status {
            guard let session, session.submitTrailers(streamID: streamID, Self.trailers(status)) else { return .failed }
            if !slot.hasRemoteEnded { answeredEarly.append((index, streamID)) }
            return .lastBytesBeforeTrailers(filled)
        }
        noteProduced(slot)
        guard filled > 0 else {
            slot.isWaitingToProduce = true
            return .later
        }
        return .bytes(filled)
    }

    private func noteProduced(_ slot: StreamSlot) {
        slot.stallsAt = slot.outgoing.isEmpty && slot.status == nil ? nil : now + limits.messageTimeout
        if slot.wasUnwritable, slot.outgoingBytes < Self.highWaterMark / 2, let receiver = slot.receiver {
            slot.wasUnwritable = false
            events.append(.cancelled([receiver.onWritable]))
        }
    }

    private static let contentType = HTTP2Field.fixed("content-type", "application/grpc")
    private static let acceptedEncodings = HTTP2Field.fixed("grpc-accept-encoding", "identity,gzip")
    static let responseHeaders = [HTTP2Field.fixed(":status", "200"), contentType, acceptedEncodings]
    private static let okTrailers = [HTTP2Field.fixed("grpc-status", "0")]

    private static func trailers(_ status: GRPCStatus) -> [HTTP2Field] {
        if status.code == .ok, status.message.isEmpty { return okTrailers }
        let code = HTTP2Field.value("grpc-status", Array(String(status.code.rawValue).utf8))
        guard !status.message.isEmpty else { return [code] }
        return [code, .value("grpc-message", status.percentEncodedMessage)]
    }

    private static func trailersOnly(_ status: GRPCStatus, httpStatus: Int) -> [HTTP2Field] {
        [.value(":status", Array(String(httpStatus).utf8)), contentType, acceptedEncodings] + trailers(status)
    }
}

extension StreamSlot.Outgoing {
    /// Copies what fits, prefix first; tells how much, and whether the message is through.
    fileprivate mutating func copy(into space: UnsafeMutableRawBufferPointer) -> (count: Int, isWhole: Bool) {
        let length = message.readableBytes
        var count = 0
        while sent < 5, count < space.count {
            // The prefix: a flag (0, not compressed) and the length, big endian.
            space[count] = sent == 0 ? 0 : UInt8(truncatingIfNeeded: length >> (8 * (4 - sent)))
            count += 1
            sent += 1
        }
        guard sent >= 5 else { return (count, false) }
        let rest = min(length - (sent - 5), space.count - count)
        if rest > 0 {
            message.withUnsafeReadableBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: space[count...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[(sent - 5)..<(sent - 5 + rest)]))
            }
            count += rest
            sent += rest
        }
        return (count, sent == length + 5)
    }
}
