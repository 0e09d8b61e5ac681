// SPDX-License-Identifier: Apache-2.0

import NIOCore

// One timer per connection: it is armed for the earliest moment that may matter, and looks at everything when it fires.
extension GRPCConnection {
    func armTimer(at deadline: NIODeadline) {
        guard !isClosing, let context else { return }
        if let timerAt, timerAt <= deadline { return }
        timer?.cancel()
        timerAt = deadline
        timer = context.eventLoop.scheduleTask(deadline: deadline) { self.timerFired() }
    }

    private func timerFired() {
        timer = nil
        timerAt = nil
        guard !isClosing else { return }
        now = .now()
        if let kind = overdueConnection {
            transportEvents.abuse(kind)
            return closeNow()
        }
        endOverdueCalls()
        performEvents()
        continueDrain()
        if !isClosing, drainIsDueByAge { beginDrain() }
        if !isClosing, isIdle { beginDrain() }
        if !isReadBatch { drainOutput() }
        if let next = nextMoment { armTimer(at: next) }
    }

    /// What the connection as a whole has failed to do in time.
    private var overdueConnection: AbuseKind? {
        if session == nil || !meter.hasFirstFrame, openedAt + limits.headerTimeout <= now { return .headerTimeout }
        if let since = headerBlockSince, since + limits.headerTimeout <= now { return .headerTimeout }
        if let since = insideFrameSince, since + limits.headerTimeout <= now { return .headerTimeout }
        if let since = unwritableSince, since + limits.messageTimeout <= now { return .slowReader }
        return nil
    }

    private func endOverdueCalls() {
        for (index, slot) in slots.enumerated() where slot.state != .free {
            if let deadline = slot.deadline, deadline <= now, slot.state != .answered {
                let status = GRPCStatus(.deadlineExceeded, "the deadline passed before the answer was ready")
                events.append(.reject(slot: index, streamID: slot.streamID, status, httpStatus: 200))
                noteCancellationOfWork(slot)
            } else if let stallsAt = slot.stallsAt, stallsAt <= now {
                endStalled(index, slot)
            }
        }
    }

    private func endStalled(_ index: Int, _ slot: StreamSlot) {
        switch slot.state {
        case .free, .opening, .handling: slot.stallsAt = nil
        case .receiving where slot.receiver != nil && !slot.assembler.isInsideMessage && slot.outgoing.isEmpty:
            // A streaming call may be quiet for as long as it likes between messages.
            slot.stallsAt = nil
        case .receiving:
            transportEvents.abuse(.messageTimeout)
            let status = GRPCStatus(.deadlineExceeded, "the message was not complete in time")
            events.append(.reject(slot: index, streamID: slot.streamID, status, httpStatus: 200))
        case .answered:
            transportEvents.abuse(.slowReader)
            session?.reset(streamID: slot.streamID, errorCode: .cancel)
            slot.stallsAt = nil
        }
    }

    /// The work behind a call is told to stop; the call itself still gets its answer.
    private func noteCancellationOfWork(_ slot: StreamSlot) {
        guard !slot.cancelActions.isEmpty else { return }
        events.append(.cancelled(slot.cancelActions))
        slot.cancelActions = []
    }

    private var isIdle: Bool {
        guard case .none = drain else { return false }
        return liveCount == 0 && activeAt + limits.idleTimeout <= now
    }

    private var drainIsDueByAge: Bool {
        guard case .none = drain, let age = limits.connectionAge else { return false }
        return openedAt + age <= now
    }

    var nextMoment: NIODeadline? {
        guard !isClosing else { return nil }
        var next = NIODeadline.distantFuture
        func consider(_ since: NIODeadline?, _ amount: TimeAmount) {
            if let since { next = min(next, since + amount) }
        }
        if session == nil || !meter.hasFirstFrame { consider(openedAt, limits.headerTimeout) }
        consider(headerBlockSince, limits.headerTimeout)
        consider(insideFrameSince, limits.headerTimeout)
        consider(unwritableSince, limits.messageTimeout)
        if liveCount == 0 { consider(activeAt, limits.idleTimeout) }
        switch drain {
        case .none: if let age = limits.connectionAge { next = min(next, openedAt + age) }
        case .announced(let finalAt, let closeAt): next = min(next, finalAt, closeAt)
        case .final(let closeAt): next = min(next, closeAt)
        }
        for slot in slots where slot.state != .free {
            if let deadline = slot.deadline, slot.state != .answered { next = min(next, deadline) }
            if let stallsAt = slot.stallsAt { next = min(next, stallsAt) }
        }
        // With nothing to wait for, an idle moment may still come: look again then.
        return min(next, now + limits.idleTimeout)
    }
}

// MARK: Draining

extension GRPCConnection {
    /// Tells the peer to open no more streams, lets the open ones finish, then closes.
    func beginDrain() {
        guard !isClosing, case .none = drain else { return }
        guard let session else { return closeNow() }
        let now = NIODeadline.now()
        drain = .announced(finalAt: now + .seconds(1), closeAt: now + limits.drainTimeout)
        session.submitShutdownNotice()
        for slot in slots where slot.state != .free {
            if let receiver = slot.receiver { events.append(.cancelled([receiver.onDrain])) }
        }
        performEvents()
        if !isReadBatch { drainOutput() }
        armTimer(at: now + .seconds(1))
        armTimer(at: now + limits.drainTimeout)
    }

    private func continueDrain() {
        switch drain {
        case .none: return
        case .announced(let finalAt, let closeAt):
            guard finalAt <= now || closeAt <= now else { return }
            session?.submitGoAway()
            drain = .final(closeAt: closeAt)
            continueDrain()
        case .final(let closeAt):
            guard closeAt <= now else { return }
            session?.terminate(.noError)
            finishSession()
        }
    }
}
