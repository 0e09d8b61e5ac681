// SPDX-License-Identifier: Apache-2.0

import Logging

/// The one thread that makes records durable: takes all that is queued, writes once, syncs once, releases all.
///
/// Unchecked: its variables are touched by the opening thread until the writer's thread starts, then only by that.
final class SegmentWriter: @unchecked Sendable {
    private enum Step {
        case batch([FrameBatch])
        case probe
        case stop
    }

    /// The most bytes of one write.
    private static let maximumWrite = 8 << 20

    private let queue: LogQueue
    private let store: SegmentStore
    private let clock = ContinuousClock()
    private var file: LogFileSystem.File?
    private var nextIndex: UInt64
    private var serial = 0
    private var lastSync = Duration.zero
    private var healthySince: ContinuousClock.Instant?
    /// The last block that is not full: what is durable of it is written again with what follows.
    private let tail = SegmentMemory(byteCount: SegmentMemory.blockBytes)

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

    private func write(_ batches: [FrameBatch]) {
        var rest = batches[...]
        while !rest.isEmpty {
            do {
                var count = try store(rest)
                if count == 0 {
                    // After a failure once more into a fresh segment, never into the same file: the kernel may have
                    // dropped the pages and would report success.
                    rest = queue.relocate(rest)[...]
                    count = try retry(rest)
                }
                acknowledge(rest.prefix(count))
                rest = rest.dropFirst(count)
            } catch {
                close()
                let isFull = SegmentStore.isFull(error)
                let lost = rest.reduce(0) { $0 + $1.frames.count }
                queue.configuration.logger.error(
                    "audit log stopped taking records", metadata: ["error": "\(error)", "lost": "\(lost)"])
                healthySince = nil
                queue.refuseAll(isFull ? .diskFull : .turnedOff, unwritten: rest)
                return
            }
        }
    }

    /// Makes the first batches durable and returns how many; none if writing or syncing failed.
    private func store(_ batches: ArraySlice<FrameBatch>) throws(AuditLogError) -> Int {
        if batches.first?.startsSegment == true { try roll() }
        do {
            return try writeAndSync(batches)
        } catch {
            queue.configuration.logger.warning("audit segment failed", metadata: ["error": "\(error)"])
            store.noteFailure(error)
            queue.monitor.withLock { $0.status.writeFailures += 1 }
            return 0
        }
    }

    private func retry(_ batches: ArraySlice<FrameBatch>) throws(AuditLogError) -> Int {
        try roll()
        do {
            return try writeAndSync(batches)
        } catch {
            queue.monitor.withLock { $0.status.writeFailures += 1 }
            throw error
        }
    }

    /// Writes the batches that go into the segment in use, up to a limit, and syncs them at once.
    private func writeAndSync(_ batches: ArraySlice<FrameBatch>) throws(AuditLogError) -> Int {
        guard let file else { throw .turnedOff }
        var count = 0
        var bytes = 0
        var index = nextIndex
        for batch in batches {
            if count > 0, batch.startsSegment || bytes + batch.range.count > Self.maximumWrite { break }
            for frame in batch.frames {
                SegmentFrame.seal(frame, index: index, synced: nextIndex, in: batch.memory.bytes)
                index += 1
            }
            count += 1
            bytes += batch.range.count
        }
        let start = clock.now
        for batch in batches.prefix(count) { try write(batch, to: file) }
        try store.fileSystem.syncData(file)
        lastSync = start.duration(to: clock.now)
        return count
    }

    /// Writes the blocks that a batch touches; what follows its end is zero in the file, and stays so.
    private func write(_ batch: FrameBatch, to file: LogFileSystem.File) throws(AuditLogError) {
        let (bytes, range) = (batch.memory.bytes, batch.range)
        let start = SegmentMemory.roundedDown(range.lowerBound)
        let end = SegmentMemory.roundedDown(range.upperBound)
        // The memory before this one ended within a block; `tail` holds that block's beginning.
        if batch.lead > 0 { bytes.copyMemory(from: tail.readable(0..<batch.lead)) }
        let rest = range.upperBound - end
        tail.bytes.copyMemory(from: batch.memory.readable(end..<range.upperBound))
        for place in rest..<tail.count { tail.bytes[place] = 0 }
        let last = tail.readable(0..<(rest == 0 ? 0 : tail.count))
        try store.fileSystem.writeBoth(file, batch.memory.readable(start..<end), last, UInt64(batch.base + start))
    }

    private func acknowledge(_ batches: ArraySlice<FrameBatch>) {
        var durable: [DurableFrames] = []
        var records = 0
        var bytes = 0
        let first = nextIndex
        let now = clock.now
        for batch in batches {
            durable.append(
                DurableFrames(memory: batch.memory, firstIndex: nextIndex, frames: batch.frames, since: now))
            nextIndex += UInt64(batch.frames.count)
            records += batch.frames.count
            bytes += batch.range.count
        }
        var deliveries = Deliveries()
        let isMuch = queue.monitor.withLock { state in
            state.status.durableSize = nextIndex
            if let last = batches.last?.frames.last { state.durableCounter = last.counter }
            state.early.settle(upTo: state.durableCounter)
            state.status.early.unsynced = state.early.count
            state.status.queuedRecords -= records
            state.status.queuedBytes -= bytes
            state.status.batches += 1
            state.status.lastBatchRecords = records
            state.status.lastSyncMicroseconds = UInt64(max(0, lastSync / .microseconds(1)))
            state.backlog.append(contentsOf: durable)
            state.backlogRecords += records
            state.unpublishedRecords += records
            state.unpublishedBytes += bytes
            queue.admitWaiting(&state, &deliveries)
            return state.backlogRecords >= TilePath.width || queue.isPublishingUrgent(state)
        }
        var index = first
        for batch in batches {
            batch.recipients.succeed(firstIndex: index)
            index += UInt64(batch.frames.count)
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
        queue.monitor.withLock { state in
            if state.segments.last?.base == nextIndex { state.segments.removeLast() }
            state.segments.append((nextIndex, "\(store.path)/\(SegmentStore.name(base: nextIndex))"))
        }
        queue.monitor.wake(.integrator)
    }

    private func close() {
        if let file { store.fileSystem.close(file) }
        file = nil
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
