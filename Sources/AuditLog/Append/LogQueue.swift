// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// What appenders, the writer and the integrator share, under one lock.
final class LogQueue: Sendable {
    struct State {
        var status: AuditLogStatus
        /// The last `n` given out.
        var counter: Int64 = 0
        /// The last `n` on stable storage.
        var durableCounter: Int64 = 0
        var gap: RecordGap?
        /// Answered, but not on stable storage.
        var early = EarlyReleases()
        /// Event loops that will wake the writer when they have done what they are at.
        var wakingLoops: [any EventLoop] = []
        /// Not yet taken by the writer; frames are added to the last one.
        var pending: [FrameBatch] = []
        var layout = Layout()
        /// Records that wait for room, by ticket, in the order of their tickets.
        var waiting: [UInt64: WaitingRecord] = [:]
        var waitingBytes = 0
        var firstTicket: UInt64 = 0
        var nextTicket: UInt64 = 0
        /// Durable, not yet given to the integrator.
        var backlog: [DurableFrames] = []
        var backlogRecords = 0
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
        var milestones: [MilestoneWaiter] = []
        /// The size under a checkpoint, and below which index orders were carried out.
        var publishedSize: UInt64 = 0
        var obeyedBelow: UInt64 = 0
        /// Keys that a `log.key.rotate` record is about to name.
        var newKeys: [LogSigningKey] = []
        /// Cosignatures that are not published yet.
        var cosignatures: [Cosignature] = []
        /// Orders that what is derived from the log has been told of, and whether it is done.
        var erasures: [UInt64: Bool] = [:]
    }

    let configuration: AuditLogConfiguration
    let boot: String
    let monitor: Monitor<State>
    /// The size under a checkpoint, for readers that must not take the lock.
    let checkpointSize: Atomic<UInt64>

    init(configuration: AuditLogConfiguration, boot: String, size: UInt64) {
        self.configuration = configuration
        self.boot = boot
        checkpointSize = Atomic(size)
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
    func append(_ record: RecordView, to recipient: Recipient, deadline: NIODeadline?) {
        var deliveries = Deliveries()
        if let error = problem(of: record) {
            deliveries.add(recipient, .failure(error))
            return deliveries.send()
        }
        let ticket: UInt64? = monitor.withLock { state in
            if let refusal = state.status.refusal {
                refuse(recipient, refusal, &state, &deliveries)
                return nil
            }
            if hasRoom(for: record.byteCount, state), state.waiting.isEmpty {
                admit(record, recipient, &state, &deliveries)
                return nil
            }
            return overflow(record, recipient, deadline: deadline, &state, &deliveries)
        }
        wakeWriter(after: recipient)
        deliveries.send()
        if let ticket, let deadline, case .eventLoop(let loop, _) = recipient {
            loop.scheduleTask(deadline: deadline) { [self] in expire(ticket) }
        }
    }

    /// Wakes the writer, after the event loop's present turn if the record comes from one.
    ///
    /// A turn reads many requests: they go into one batch, and the writer's thread does not take the processor from
    /// the loop in between.
    private func wakeWriter(after recipient: Recipient) {
        guard case .eventLoop(let loop, _) = recipient, loop.inEventLoop else { return monitor.wake(.writer) }
        let isFirst = monitor.withLock { state in
            if state.wakingLoops.contains(where: { $0 === loop }) { return false }
            state.wakingLoops.append(loop)
            return true
        }
        guard isFirst else { return }
        loop.execute { [self] in
            monitor.withLock { state in state.wakingLoops.removeAll { $0 === loop } }
            monitor.wake(.writer)
        }
    }

    private func problem(of record: RecordView) -> AuditLogError? {
        let leafBytes = record.leaf.count + 20
        guard leafBytes <= AuditRecord.maximumLeafBytes else {
            return .recordTooLarge(bytes: leafBytes, limit: AuditRecord.maximumLeafBytes)
        }
        let limit = min(SegmentFrame.maximumDisclosureBytes, configuration.segmentBytes - leafBytes - 64)
        guard record.disclosures.count <= limit else {
            return .recordTooLarge(bytes: record.disclosures.count, limit: max(0, limit))
        }
        let (offset, leaf) = (record.counterOffset, record.leaf)
        guard offset >= 4, offset < leaf.count, leaf[offset - 4] == UInt8(ascii: "\""),
            leaf[offset - 3] == UInt8(ascii: "n"), leaf[offset - 2] == UInt8(ascii: "\""),
            leaf[offset - 1] == UInt8(ascii: ":")
        else { return .invalidRecord(problem: "the place of `n` does not follow its name") }
        return nil
    }

    private func hasRoom(for bytes: Int, _ state: State) -> Bool {
        state.status.queuedRecords < configuration.maximumQueuedRecords
            && state.status.queuedBytes + bytes <= configuration.maximumQueuedBytes
    }

    /// Enters the queue, behind the record that explains what was refused before.
    private func admit(
        _ record: RecordView, _ recipient: Recipient, _ state: inout State, _ deliveries: inout Deliveries
    ) {
        flushGap(&state)
        guard configuration.mode != .strict, record.release == .mayPrecedeSync else {
            return enqueue(record, recipient, &state)
        }
        let now = ContinuousClock.now
        guard state.early.isOpen(configuration, now: now) else {
            state.status.early.held += 1
            return enqueue(record, recipient, &state)
        }
        deliveries.add(recipient, .success(AuditReceipt(leafIndex: nil)))
        enqueue(record, .nobody, &state)
        state.early.add(state.counter, at: now)
        state.status.early.released += 1
        state.status.early.unsynced = state.early.count
    }

    private func flushGap(_ state: inout State) {
        guard let gap = state.gap, let record = EnvelopeRecord.gap(gap, boot: boot) else { return }
        state.gap = nil
        record.withView { enqueue($0, .nobody, &state) }
    }

    private func overflow(
        _ record: RecordView, _ recipient: Recipient, deadline: NIODeadline?, _ state: inout State,
        _ deliveries: inout Deliveries
    ) -> UInt64? {
        if case .async(whenFull: .drop) = configuration.mode, record.release == .mayPrecedeSync {
            deliveries.add(recipient, .success(AuditReceipt(leafIndex: nil)))
            count(.dropped, &state)
            state.status.early.dropped += 1
            return nil
        }
        // Those who wait hold as much memory as those in the queue: both have the same bound.
        guard let deadline, deadline > .now(), state.waiting.count < configuration.maximumQueuedRecords,
            state.waitingBytes + record.byteCount <= configuration.maximumQueuedBytes
        else {
            deliveries.add(recipient, .failure(.queueFull))
            count(.queueFull, &state)
            return nil
        }
        let ticket = state.nextTicket
        state.nextTicket += 1
        state.waiting[ticket] = WaitingRecord(record: record.record, recipient: recipient)
        state.waitingBytes += record.byteCount
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
                queued.record.withView { admit($0, queued.recipient, &state, &deliveries) }
            }
            state.firstTicket += 1
        }
    }

    private func refuse(
        _ recipient: Recipient, _ refusal: AuditLogStatus.Refusal, _ state: inout State,
        _ deliveries: inout Deliveries
    ) {
        switch refusal {
        case .diskFull:
            deliveries.add(recipient, .failure(.diskFull))
            count(.diskFull, &state)
        case .turnedOff:
            deliveries.add(recipient, .failure(.turnedOff))
            count(.writeFailed, &state)
        case .closed: deliveries.add(recipient, .failure(.closed))
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
    func refuseAll(_ refusal: AuditLogStatus.Refusal, unwritten: ArraySlice<FrameBatch>) {
        var deliveries = Deliveries()
        monitor.withLock { state in
            if state.status.refusal == nil { state.status.refusal = refusal }
            let error: AuditLogError =
                switch refusal {
                case .diskFull: .diskFull
                case .turnedOff: .turnedOff
                case .closed: .closed
                }
            for batch in unwritten + state.pending {
                deliveries.fail(batch.recipients, error)
                state.status.refusedRecords += UInt64(batch.frames.count)
            }
            state.pending = []
            state.layout.memory = nil
            state.status.queuedRecords = 0
            state.status.queuedBytes = 0
            for ticket in state.waiting.keys.sorted() {
                guard let queued = state.waiting.removeValue(forKey: ticket) else { continue }
                deliveries.add(queued.recipient, .failure(error))
                state.status.refusedRecords += 1
                state.counter += 1
            }
            state.waitingBytes = 0
            state.status.early.lost += UInt64(state.early.lose())
            state.status.early.unsynced = 0
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
    /// Whether half of what may wait for the integrator does, so that it had better not gather any longer.
    func isPublishingUrgent(_ state: State) -> Bool {
        state.unpublishedRecords >= configuration.maximumQueuedRecords / 2
            || state.unpublishedBytes >= configuration.maximumQueuedBytes / 2
    }

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
                record?.withView { admit($0, .nobody, &state, &deliveries) }
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
