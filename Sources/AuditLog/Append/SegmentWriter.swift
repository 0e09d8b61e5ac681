// SPDX-License-Identifier: Apache-2.0

import Logging

/// The one thread that makes records durable: takes all that is queued, writes once, syncs once, releases all.
///
/// Unchecked: its variables are touched by the opening thread until the writer's thread starts, then only by that.
final class SegmentWriter: @unchecked Sendable {
    private enum Step {
        case batch([QueuedRecord])
        case probe
        case stop
    }

    /// The most bytes of one write.
    private static let maximumWrite = 8 << 20

    private let queue: LogQueue
    private let store: SegmentStore
    private let clock = ContinuousClock()
    private var file: LogFileSystem.File?
    private var offset = 0
    private var nextIndex: UInt64
    private var serial = 0
    private var healthySince: ContinuousClock.Instant?
    private var buffer: [UInt8] = []

    init(queue: LogQueue, store: SegmentStore, nextIndex: UInt64) {
        self.queue = queue
        self.store = store
        self.nextIndex = nextIndex
    }

    func run() {
        while true {
            switch next() {
            case .batch(let batch): write(batch)
            case .probe: probe()
            case .stop:
                if let file { store.fileSystem.close(file) }
                file = nil
                queue.monitor.withLock { $0.isWriterFinished = true }
                queue.monitor.wake(.integrator)
                return
            }
        }
    }

    /// Writes what is queued now, without waiting for more.
    func writeQueued() {
        let batch = queue.monitor.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        write(batch)
    }

    private func next() -> Step {
        let isOff = queue.monitor.withLock { $0.status.refusal == .turnedOff }
        let configuration = queue.configuration
        let step: Step? = queue.monitor.wait(as: .writer, for: isOff ? configuration.probeInterval : nil) { state in
            if state.isAbandoned { return .stop }
            // Memory stays bounded when publishing hangs: then the queue fills, and appenders hear of it.
            let isBehind =
                state.unpublishedRecords >= configuration.maximumQueuedRecords
                || state.unpublishedBytes >= configuration.maximumQueuedBytes
            if !state.pending.isEmpty, !isBehind || state.isStopping {
                let batch = state.pending
                state.pending = []
                return .batch(batch)
            }
            return state.isStopping && state.pending.isEmpty ? .stop : nil
        }
        return step ?? .probe
    }

    private func write(_ batch: [QueuedRecord]) {
        var rest = batch[...]
        while !rest.isEmpty {
            do {
                let chunk = encode(rest)
                guard !chunk.isEmpty else {
                    try roll()
                    continue
                }
                let elapsed = try store(chunk)
                let count = chunk.count
                offset += buffer.count
                nextIndex += UInt64(count)
                acknowledge(rest.prefix(count), chunk, elapsed)
                rest = rest.dropFirst(count)
            } catch {
                close()
                let isFull = SegmentStore.isFull(error)
                queue.configuration.logger.error(
                    "audit log stopped taking records", metadata: ["error": "\(error)", "lost": "\(rest.count)"])
                healthySince = nil
                queue.refuseAll(isFull ? .diskFull : .turnedOff, unwritten: rest)
                return
            }
        }
    }

    /// Encodes as many records as fit into the rest of the segment; none if there is no segment.
    private func encode(_ records: ArraySlice<QueuedRecord>) -> [DurableRecord] {
        buffer.removeAll(keepingCapacity: true)
        var chunk: [DurableRecord] = []
        guard file != nil else { return chunk }
        for queued in records {
            let room = min(store.segmentBytes - offset, Self.maximumWrite) - buffer.count
            guard queued.byteCount + 20 <= room else { break }
            let record = queued.durable(at: nextIndex + UInt64(chunk.count))
            SegmentFrame.append(record, synced: nextIndex, to: &buffer)
            chunk.append(record)
        }
        return chunk
    }

    /// Writes and syncs; after a failure once more into a fresh segment, never into the same file: the kernel may
    /// have dropped the pages and would report success.
    private func store(_ chunk: [DurableRecord]) throws(AuditLogError) -> Duration {
        do {
            return try writeBuffer()
        } catch {
            queue.configuration.logger.warning("audit segment failed", metadata: ["error": "\(error)"])
            queue.monitor.withLock { $0.status.writeFailures += 1 }
        }
        try roll()
        do {
            return try writeBuffer()
        } catch {
            queue.monitor.withLock { $0.status.writeFailures += 1 }
            throw error
        }
    }

    private func writeBuffer() throws(AuditLogError) -> Duration {
        guard let file else { throw .turnedOff }
        let start = clock.now
        try store.fileSystem.write(buffer[...], to: file, at: UInt64(offset))
        try store.fileSystem.syncData(file)
        return start.duration(to: clock.now)
    }

    private func acknowledge(_ records: ArraySlice<QueuedRecord>, _ chunk: [DurableRecord], _ elapsed: Duration) {
        var deliveries = Deliveries()
        for (queued, record) in zip(records, chunk) {
            deliveries.add(queued.recipient, .success(AuditReceipt(leafIndex: record.index)))
        }
        let isMuch = queue.monitor.withLock { state in
            state.status.durableSize = nextIndex
            if let last = records.last { state.durableCounter = last.counter }
            state.status.queuedRecords -= records.count
            state.status.queuedBytes -= records.reduce(0) { $0 + $1.byteCount }
            state.status.batches += 1
            state.status.lastBatchRecords = records.count
            state.status.lastSyncMicroseconds = UInt64(max(0, elapsed / .microseconds(1)))
            state.backlog.append(contentsOf: chunk)
            state.unpublishedRecords += chunk.count
            state.unpublishedBytes += buffer.count
            queue.admitWaiting(&state, &deliveries)
            return state.backlog.count >= TilePath.width
        }
        deliveries.send()
        if isMuch { queue.monitor.wake(.integrator) }
    }

    /// Goes on in a fresh segment whose first record is the next one.
    private func roll() throws(AuditLogError) {
        close()
        let spare = queue.monitor.withLock { state -> String? in
            let spare = state.spares.isEmpty ? nil : state.spares.removeFirst()
            state.status.spareSegments = state.spares.count
            return spare
        }
        let source: String
        if let spare {
            source = spare
        } else {
            serial += 1
            source = try store.makeSpare(named: "spare-w\(serial)")
        }
        file = try store.activate(source, base: nextIndex)
        offset = 0
        queue.monitor.withLock { state in
            if state.segments.last?.base == nextIndex { state.segments.removeLast() }
            state.segments.append((nextIndex, "\(store.path)/\(SegmentStore.name(base: nextIndex))"))
        }
        queue.monitor.wake(.integrator)
    }

    private func close() {
        if let file { store.fileSystem.close(file) }
        file = nil
        offset = 0
    }

    private func probe() {
        do {
            try store.probe()
        } catch {
            healthySince = nil
            return
        }
        let now = clock.now
        let since = healthySince ?? now
        healthySince = since
        guard since.duration(to: now) >= queue.configuration.probeDuration else { return }
        queue.configuration.logger.notice("audit log takes records again")
        healthySince = nil
        queue.resume(after: .turnedOff)
    }
}
