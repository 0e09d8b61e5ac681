// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What appenders, the writer and the integrator share, under one lock.
final class LogQueue: Sendable {
    struct State {
        var status: AuditLogStatus
        /// The last `n` given out.
        var counter: Int64 = 0
        /// The last `n` on stable storage.
        var durableCounter: Int64 = 0
        var gap: RecordGap?
        var pending: [QueuedRecord] = []
        /// Records that wait for room, by ticket, in the order of their tickets.
        var waiting: [UInt64: QueuedRecord] = [:]
        var waitingBytes = 0
        var firstTicket: UInt64 = 0
        var nextTicket: UInt64 = 0
        /// Durable, not yet given to the integrator.
        var backlog: [DurableRecord] = []
        /// Records and bytes that the integrator has not published.
        var unpublishedRecords = 0
        var unpublishedBytes = 0
        /// Segments in use, oldest first; the last one is being written.
        var segments: [(base: UInt64, path: String)] = []
        var spares: [String] = []
        var spareFailed = false
        var isStopping = false
        var isAbandoned = false
        var isWriterFinished = false
        var isFinished = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    let configuration: AuditLogConfiguration
    let boot: String
    let monitor: Monitor<State>

    init(configuration: AuditLogConfiguration, boot: String, size: UInt64) {
        self.configuration = configuration
        self.boot = boot
        monitor = Monitor(
            State(
                status: AuditLogStatus(
                    mode: configuration.mode, refusal: nil, origin: configuration.origin, queuedRecords: 0,
                    queuedBytes: 0, durableSize: size, checkpointSize: size, lastSyncMicroseconds: 0,
                    lastBatchRecords: 0, batches: 0, freeBytes: 0, isShortOfSpace: false, writeFailures: 0,
                    integrationFailures: 0, refusedRecords: 0, spareSegments: 0
                )))
    }

    /// Queues a record or says at once why not.
    func append(_ record: AuditRecord, to recipient: Recipient, deadline: NIODeadline?) {
        if let error = problem(of: record) {
            var deliveries = Deliveries()
            deliveries.add(recipient, .failure(error))
            return deliveries.send()
        }
        var deliveries = Deliveries()
        let ticket: UInt64? = monitor.withLock { state in
            let queued = QueuedRecord(record: record, recipient: recipient)
            if let refusal = state.status.refusal {
                refuse(queued, refusal, &state, &deliveries)
                return nil
            }
            if hasRoom(for: queued.byteCount, state), state.waiting.isEmpty {
                admit(queued, &state, &deliveries)
                return nil
            }
            return overflow(queued, deadline: deadline, &state, &deliveries)
        }
        monitor.wake(.writer)
        deliveries.send()
        if let ticket, let deadline, case .eventLoop(let loop, _) = recipient {
            loop.scheduleTask(deadline: deadline) { [self] in expire(ticket) }
        }
    }

    private func problem(of record: AuditRecord) -> AuditLogError? {
        let leafBytes = record.leaf.count + 20
        guard leafBytes <= AuditRecord.maximumLeafBytes else {
            return .recordTooLarge(bytes: leafBytes, limit: AuditRecord.maximumLeafBytes)
        }
        let limit = min(SegmentFrame.maximumDisclosureBytes, configuration.segmentBytes - leafBytes - 64)
        guard record.disclosures.count <= limit else {
            return .recordTooLarge(bytes: record.disclosures.count, limit: max(0, limit))
        }
        let name = Array("\"n\":".utf8)
        guard record.counterOffset >= name.count, record.counterOffset < record.leaf.count,
            record.leaf[..<record.counterOffset].suffix(name.count).elementsEqual(name)
        else { return .invalidRecord(problem: "the place of `n` does not follow its name") }
        return nil
    }

    private func hasRoom(for bytes: Int, _ state: State) -> Bool {
        state.status.queuedRecords < configuration.maximumQueuedRecords
            && state.status.queuedBytes + bytes <= configuration.maximumQueuedBytes
    }

    /// Enters the queue, behind the record that explains what was refused before.
    func admit(_ queued: QueuedRecord, _ state: inout State, _ deliveries: inout Deliveries) {
        flushGap(&state)
        var queued = queued
        if configuration.mode != .strict, queued.record.release == .mayPrecedeSync {
            deliveries.add(queued.recipient, .success(AuditReceipt(leafIndex: nil)))
            queued.recipient = .nobody
        }
        enqueue(queued, &state)
    }

    func flushGap(_ state: inout State) {
        guard let gap = state.gap, let record = EnvelopeRecord.gap(gap, boot: boot) else { return }
        state.gap = nil
        enqueue(QueuedRecord(record: record, recipient: .nobody), &state)
    }

    private func enqueue(_ queued: QueuedRecord, _ state: inout State) {
        state.counter += 1
        state.status.queuedRecords += 1
        state.status.queuedBytes += queued.byteCount
        state.pending.append(queued)
        state.pending[state.pending.count - 1].counter = state.counter
    }

    private func overflow(
        _ queued: QueuedRecord, deadline: NIODeadline?, _ state: inout State, _ deliveries: inout Deliveries
    ) -> UInt64? {
        if case .async(whenFull: .drop) = configuration.mode, queued.record.release == .mayPrecedeSync {
            deliveries.add(queued.recipient, .success(AuditReceipt(leafIndex: nil)))
            count(.dropped, &state)
            return nil
        }
        // Those who wait hold as much memory as those in the queue: both have the same bound.
        guard let deadline, deadline > .now(), state.waiting.count < configuration.maximumQueuedRecords,
            state.waitingBytes + queued.byteCount <= configuration.maximumQueuedBytes
        else {
            deliveries.add(queued.recipient, .failure(.queueFull))
            count(.queueFull, &state)
            return nil
        }
        let ticket = state.nextTicket
        state.nextTicket += 1
        state.waiting[ticket] = queued
        state.waitingBytes += queued.byteCount
        return ticket
    }

    private func expire(_ ticket: UInt64) {
        var deliveries = Deliveries()
        monitor.withLock { state in
            guard let queued = state.waiting.removeValue(forKey: ticket) else { return }
            state.waitingBytes -= queued.byteCount
            deliveries.add(queued.recipient, .failure(.queueFull))
            count(.queueFull, &state)
        }
        deliveries.send()
    }

    /// Lets records in that waited for room.
    func admitWaiting(_ state: inout State, _ deliveries: inout Deliveries) {
        while state.firstTicket < state.nextTicket {
            if let queued = state.waiting[state.firstTicket] {
                guard hasRoom(for: queued.byteCount, state) else { return }
                state.waiting[state.firstTicket] = nil
                state.waitingBytes -= queued.byteCount
                admit(queued, &state, &deliveries)
            }
            state.firstTicket += 1
        }
    }

    private func refuse(
        _ queued: QueuedRecord, _ refusal: AuditLogStatus.Refusal, _ state: inout State,
        _ deliveries: inout Deliveries
    ) {
        switch refusal {
        case .diskFull:
            deliveries.add(queued.recipient, .failure(.diskFull))
            count(.diskFull, &state)
        case .turnedOff:
            deliveries.add(queued.recipient, .failure(.turnedOff))
            count(.writeFailed, &state)
        case .closed: deliveries.add(queued.recipient, .failure(.closed))
        }
    }

    /// Gives a refused record its `n`, which the next `gap` record will explain.
    private func count(_ reason: RecordGap.Reason, _ state: inout State) {
        state.counter += 1
        state.status.refusedRecords += 1
        if state.gap == nil { state.gap = RecordGap(from: state.counter, to: state.counter, reason: reason) }
        state.gap?.to = state.counter
    }

    /// Stops taking records; everything not yet durable is refused.
    ///
    /// - Parameters:
    ///   - refusal: Why; appenders get the error of the same name.
    ///   - unwritten: Records taken from the queue that did not become durable.
    func refuseAll(_ refusal: AuditLogStatus.Refusal, unwritten: ArraySlice<QueuedRecord>) {
        var deliveries = Deliveries()
        monitor.withLock { state in
            if state.status.refusal == nil { state.status.refusal = refusal }
            let error: AuditLogError =
                switch refusal {
                case .diskFull: .diskFull
                case .turnedOff: .turnedOff
                case .closed: .closed
                }
            for queued in unwritten + state.pending { deliveries.add(queued.recipient, .failure(error)) }
            state.status.refusedRecords += UInt64(unwritten.count + state.pending.count)
            state.pending = []
            state.status.queuedRecords = 0
            state.status.queuedBytes = 0
            for ticket in state.waiting.keys.sorted() {
                guard let queued = state.waiting.removeValue(forKey: ticket) else { continue }
                deliveries.add(queued.recipient, .failure(error))
                state.status.refusedRecords += 1
                state.counter += 1
            }
            state.waitingBytes = 0
            state.firstTicket = state.nextTicket
            // A gap record among the lost ones is lost too: everything since the last durable `n` is missing.
            state.gap = nil
            guard state.counter > state.durableCounter else { return }
            let reason: RecordGap.Reason = refusal == .diskFull ? .diskFull : .writeFailed
            state.gap = RecordGap(from: state.durableCounter + 1, to: state.counter, reason: reason)
        }
        deliveries.send()
    }

    /// Takes records again after a refusal of this kind, beginning with the `gap` record.
    func resume(after refusal: AuditLogStatus.Refusal) {
        monitor.withLock { state in
            guard state.status.refusal == refusal else { return }
            state.status.refusal = nil
            flushGap(&state)
        }
        monitor.wake(.writer)
    }
}

extension LogQueue {
    /// Refuses further records for want of space; what is queued still fits into the segment in use.
    func stopForSpace() {
        monitor.withLock { state in
            if state.status.refusal == nil { state.status.refusal = .diskFull }
        }
    }
}

extension LogQueue {
    /// Queues the last record and takes no more.
    func close(with record: AuditRecord?) {
        var deliveries = Deliveries()
        monitor.withLock { state in
            guard !state.isStopping else { return }
            if state.status.refusal == nil {
                if let record { admit(QueuedRecord(record: record, recipient: .nobody), &state, &deliveries) }
            }
            for ticket in state.waiting.keys.sorted() {
                guard let queued = state.waiting.removeValue(forKey: ticket) else { continue }
                deliveries.add(queued.recipient, .failure(.closed))
            }
            state.waitingBytes = 0
            state.status.refusal = .closed
            state.isStopping = true
        }
        monitor.wake(.writer)
        deliveries.send()
    }

    func abandon() {
        let isNew = monitor.withLock { state in
            defer { state.isAbandoned = true }
            return !state.isAbandoned && !state.isStopping
        }
        guard isNew else { return }
        refuseAll(.closed, unwritten: [])
        monitor.withLock { state in state.isStopping = true }
        monitor.wake(.writer)
    }

    func finished() async {
        await withCheckedContinuation { continuation in
            let isFinished = monitor.withLock { state in
                if !state.isFinished { state.closers.append(continuation) }
                return state.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }
}
