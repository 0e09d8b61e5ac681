// SPDX-License-Identifier: Apache-2.0

import Fields
import NIOCore

// What the session reports. Nothing here runs foreign code: it is noted in `events`.
extension GRPCConnection: HTTP2SessionOwner {
    func headersBegan(streamID: Int32, isOpening: Bool, slot known: Int?) -> Int? {
        headerBlockSince = headerBlockSince ?? now
        guard isOpening else { return known }
        let index: Int
        if let free = freeSlots.popLast() {
            index = free
        } else {
            index = slots.count
            slots.append(StreamSlot())
        }
        slots[index].open(streamID: streamID)
        slots[index].isSurplus = liveCount >= limits.concurrentStreams
        liveCount += 1
        return index
    }

    func header(slot index: Int, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) -> Bool {
        let slot = slots[index]
        slot.headerBytes += name.count + value.count + 32
        guard slot.headerBytes <= limits.headerListBytes else {
            if slot.headerBytes - name.count - value.count - 32 <= limits.headerListBytes {
                transportEvents.abuse(.headerList)
            }
            return false
        }
        guard slot.state == .opening, !slot.isSurplus else { return true }
        slot.read(name: name, value: value, router: router)
        return true
    }

    func headersEnded(slot index: Int, streamID: Int32, endOfStream: Bool) {
        headerBlockSince = nil
        let slot = slots[index]
        guard slot.streamID == streamID else { return }
        if endOfStream { slot.hasRemoteEnded = true }
        guard slot.state == .opening else {
            if endOfStream { remoteEnded(index, streamID) }
            return
        }
        guard !slot.isSurplus else {
            slot.state = .answered
            transportEvents.streamRefused()
            events.append(.surplus(streamID: streamID))
            return
        }
        slot.state = .receiving
        if let refusal = slot.refusal {
            return reject(index, streamID, refusal.status, httpStatus: refusal.httpStatus)
        }
        slot.stallsAt = now + limits.messageTimeout
        if let timeout = slot.timeout {
            slot.deadline = now + timeout
            guard timeout.nanoseconds > 0 else {
                return reject(index, streamID, GRPCStatus(.deadlineExceeded, "the deadline had passed on arrival"))
            }
        }
        armTimer(at: min(slot.deadline ?? .distantFuture, slot.stallsAt ?? .distantFuture))
        if let route = slot.route, case .streaming = router[route].method {
            events.append(.open(slot: index, streamID: streamID))
        }
        if endOfStream { remoteEnded(index, streamID) }
    }

    func data(slot index: Int?, streamID: Int32, bytes: UnsafeRawBufferPointer) {
        guard let index, slots[index].streamID == streamID else {
            session?.consumeConnection(count: bytes.count)
            return
        }
        let slot = slots[index]
        if slot.isReadingPaused {
            slot.unconsumed += bytes.count
        } else {
            session?.consume(streamID: streamID, count: bytes.count)
        }
        guard slot.state == .receiving else { return }
        var rest = bytes
        do {
            while let message = try slot.assembler.next(&rest, limit: limits.messageBytes) {
                try take(message, slot: slot, index: index, streamID: streamID)
            }
            try charge(slot)
            if slot.stallsAt == nil, slot.assembler.isInsideMessage {
                slot.stallsAt = now + limits.messageTimeout
                armTimer(at: now + limits.messageTimeout)
            }
        } catch {
            reject(index, streamID, error)
        }
    }

    private func take(
        _ message: MessageAssembler.Message, slot: StreamSlot, index: Int, streamID: Int32
    ) throws(GRPCStatus) {
        var bytes = message.bytes
        if message.isCompressed {
            guard slot.isGzip else {
                throw GRPCStatus(.internalError, "a compressed message without a grpc-encoding other than identity")
            }
            bytes = try Gzip.inflate(bytes, limit: limits.messageBytes)
        }
        controlBudget.earn(2)
        guard slot.receiver == nil, let route = slot.route, case .unary = router[route].method else {
            slot.stallsAt = now + limits.messageTimeout
            events.append(.message(slot: index, streamID: streamID, message: bytes))
            return
        }
        guard slot.pendingMessage == nil else {
            throw GRPCStatus(.internalError, "a unary call carries exactly one message")
        }
        slot.pendingMessage = bytes
    }

    /// Counts what is held for a stream against the connection's limit.
    private func charge(_ slot: StreamSlot) throws(GRPCStatus) {
        let held = slot.assembler.heldBytes + (slot.pendingMessage?.readableBytes ?? 0)
        bufferedBytes += held - slot.charged
        slot.charged = held
        guard bufferedBytes <= max(limits.bufferedBytes, limits.messageBytes) else {
            throw GRPCStatus(.resourceExhausted, "too many bytes wait on this connection")
        }
    }

    func dataEnded(slot index: Int, streamID: Int32) {
        guard slots[index].streamID == streamID else { return }
        slots[index].hasRemoteEnded = true
        remoteEnded(index, streamID)
    }

    private func remoteEnded(_ index: Int, _ streamID: Int32) {
        let slot = slots[index]
        guard slot.state == .receiving else { return }
        guard !slot.assembler.isInsideMessage else {
            return reject(index, streamID, GRPCStatus(.internalError, "the call ended inside a message"))
        }
        slot.stallsAt = nil
        guard let route = slot.route, case .unary = router[route].method else {
            events.append(.end(slot: index, streamID: streamID))
            return
        }
        guard let message = slot.pendingMessage else {
            return reject(index, streamID, GRPCStatus(.internalError, "the call ended without a message"))
        }
        slot.pendingMessage = nil
        slot.state = .handling
        events.append(.unary(slot: index, streamID: streamID, message: message))
    }

    /// Notes a refusal; the answer is submitted once the library has returned.
    private func reject(_ index: Int, _ streamID: Int32, _ status: GRPCStatus, httpStatus: Int = 200) {
        slots[index].state = .handling
        events.append(.reject(slot: index, streamID: streamID, status, httpStatus: httpStatus))
    }

    func streamClosed(slot index: Int, streamID: Int32, errorCode: UInt32) {
        let slot = slots[index]
        guard slot.streamID == streamID else { return }
        headerBlockSince = nil
        if slot.state == .answered {
            if errorCode == HTTP2ErrorCode.noError.rawValue {
                controlBudget.earn(4)
                resetBudget.earn(1)
            }
        } else {
            noteCancellation(slot)
        }
        release(index)
    }

    func noteCancellation(_ slot: StreamSlot) {
        var actions = slot.cancelActions
        if let receiver = slot.receiver { actions.append(receiver.onCancel) }
        if !actions.isEmpty { events.append(.cancelled(actions)) }
    }

    func release(_ index: Int) {
        let slot = slots[index]
        bufferedBytes -= slot.charged
        slot.clear()
        freeSlots.append(index)
        liveCount -= 1
        if liveCount == 0 { activeAt = now }
    }

    func pingAcknowledged() {
        if case .announced(_, let closeAt) = drain { drain = .announced(finalAt: now, closeAt: closeAt) }
        if case .announced = drain { armTimer(at: now) }
    }

    func goAwayReceived(lastStreamID: Int32) {}

    func invalidFrame() {
        transportEvents.abuse(.protocolViolation)
    }
}

// MARK: One request's headers

extension StreamSlot {
    func read(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, router: GRPCRouter) {
        guard let first = name.first else { return }
        switch first {
        case UInt8(ascii: ":"):
            if name.isEqual(":path") { route = router.index(of: value) }
            if name.isEqual(":method") { isPOST = value.isEqual("POST") }
        case UInt8(ascii: "c") where name.isEqual("content-type"):
            isGRPC = value.isGRPCContentType
        case UInt8(ascii: "t") where name.isEqual("te"): break
        case UInt8(ascii: "g") where name.isEqual("grpc-timeout"):
            timeout = GRPCTimeout.parse(value)
            hasMalformedTimeout = timeout == nil
        case UInt8(ascii: "g") where name.isEqual("grpc-encoding"):
            isGzip = value.isEqual("gzip")
            hasUnknownEncoding = !isGzip && !value.isEqual("identity")
        case UInt8(ascii: "g") where name.isEqual("grpc-accept-encoding"): break
        default:
            if metadata.count == 0 { metadata.reserve(bytes: 256) }
            metadata.append(name: name, value: value)
        }
    }

    /// Why a call with these headers is not taken; `nil` if it is.
    var refusal: (status: GRPCStatus, httpStatus: Int)? {
        guard isPOST else { return (GRPCStatus(.internalError, "the method is not POST"), 405) }
        guard isGRPC else { return (GRPCStatus(.internalError, "content-type is not application/grpc"), 415) }
        guard route != nil else { return (GRPCStatus(.unimplemented, "this server has no such method"), 200) }
        guard !hasMalformedTimeout else {
            return (GRPCStatus(.internalError, "grpc-timeout is not one to eight digits and one of HMSmun"), 200)
        }
        guard !hasUnknownEncoding else {
            return (GRPCStatus(.unimplemented, "grpc-encoding is neither identity nor gzip"), 200)
        }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    func isEqual(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && text.withUTF8Buffer { $0.elementsEqual(self) }
    }

    /// `application/grpc`, alone or followed by `+proto` or parameters.
    var isGRPCContentType: Bool {
        guard count >= 16, UnsafeRawBufferPointer(rebasing: self[..<16]).isEqual("application/grpc") else {
            return false
        }
        return count == 16 || self[16] == UInt8(ascii: "+") || self[16] == UInt8(ascii: ";")
    }
}
