// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization

/// The one thread that turns durable records into tiles and signs checkpoints over them.
///
/// Unchecked: its variables are touched by the opening thread until the integrator's thread starts, then only by that.
final class Integrator: @unchecked Sendable {
    private let queue: LogQueue
    private let store: SegmentStore
    private var publisher: LogPublisher
    private let lock: LogFileSystem.File
    /// Taken from the backlog, not yet under a checkpoint.
    private var unpublished: [DurableFrames] = []
    private var serial = 0
    private let clock = ContinuousClock()
    private var pace: PublishingPace

    init(queue: LogQueue, store: SegmentStore, publisher: LogPublisher, lock: LogFileSystem.File) {
        self.queue = queue
        self.store = store
        self.publisher = publisher
        self.lock = lock
        pace = PublishingPace(interval: queue.configuration.checkpointInterval, now: clock.now)
    }

    func run() {
        let configuration = queue.configuration
        while true {
            let earliest = pace.earliest
            _ = queue.monitor.wait(as: .integrator, for: pace.timeout(now: clock.now)) { state -> Bool? in
                let lacksSpare = state.spares.count < configuration.spareSegments && !state.spareFailed
                if state.isWriterFinished || lacksSpare { return true }
                if !state.cosignatures.isEmpty { return true }
                let isMuch = state.unpublishedRecords >= TilePath.width || queue.isPublishingUrgent(state)
                return isMuch && clock.now >= earliest ? true : nil
            }
            let isLast = queue.monitor.withLock { $0.isWriterFinished }
            if isLast { return finish() }
            gather()
            let isUrgent = queue.monitor.withLock { queue.isPublishingUrgent($0) }
            if let since = unpublished.first?.since, let end = unpublished.last?.endIndex,
                let size = pace.size(
                    over: publisher.size, upTo: end, oldest: since, isUrgent: isUrgent, now: clock.now)
            {
                integrate(upTo: size)
            }
            obey()
            addCosignatures(queue.takeCosignatures())
            replenish()
        }
    }

    private func gather() {
        unpublished += queue.monitor.withLock { state in
            state.backlogRecords = 0
            defer { state.backlog = [] }
            return state.backlog
        }
    }

    /// Publishes what is durable, up to a size; after a failure the next call tries again.
    @discardableResult
    private func integrate(upTo wanted: UInt64) -> Bool {
        pace.begin(upTo: wanted, of: unpublished.last?.endIndex ?? wanted, now: clock.now)
        var published: [DurableFrames] = []
        var rest: [DurableFrames] = []
        for batch in unpublished {
            let (below, above) = batch.split(at: wanted)
            if !below.frames.isEmpty { published.append(below) }
            if !above.frames.isEmpty { rest.append(above) }
        }
        publisher.keys += queue.takeNewKeys()
        do {
            try publisher.publish(published)
        } catch {
            queue.configuration.logger.warning("audit checkpoint failed", metadata: ["error": "\(error)"])
            queue.monitor.withLock { $0.status.integrationFailures += 1 }
            return false
        }
        unpublished = rest
        rest = []
        release(&published)
        return true
    }

    /// Gives back what published records took: room in memory, and segments of which nothing is needed.
    private func release(_ published: inout [DurableFrames]) {
        let size = publisher.size
        let count = published.reduce(0) { $0 + $1.frames.count }
        let bytes = published.reduce(0) { $0 + $1.byteCount }
        let covered = queue.monitor.withLock { state -> [String] in
            state.status.checkpointSize = size
            queue.checkpointSize.store(size, ordering: .releasing)
            state.unpublishedRecords -= count
            state.unpublishedBytes -= bytes
            var covered: [String] = []
            while state.segments.count > 1, state.segments[1].base <= size {
                covered.append(state.segments.removeFirst().path)
            }
            return covered
        }
        queue.monitor.wake(.writer)
        var memory: [SegmentMemory] = []
        for batch in published where batch.memory !== memory.last { memory.append(batch.memory) }
        published = []
        queue.recycle(&memory)
        for path in covered { try? store.fileSystem.removeFile(path) }
        lookForSpace()
    }

    private func lookForSpace() {
        if let free = try? store.fileSystem.freeBytes(queue.configuration.directory) {
            let isShort = free < queue.configuration.minimumFreeBytes
            let wasShort = queue.monitor.withLock { state in
                defer { (state.status.freeBytes, state.status.isShortOfSpace) = (free, isShort) }
                return state.status.isShortOfSpace
            }
            guard isShort != wasShort else { return }
            queue.configuration.logger.log(
                level: isShort ? .warning : .notice,
                isShort ? "audit log is short of space" : "audit log has space again",
                metadata: ["free": "\(free)", "min_free": "\(queue.configuration.minimumFreeBytes)"])
        }
    }

    /// Makes spare segments ahead; when none can be made and none is left, records are refused.
    func replenish() {
        // The space was missing for something else than a spare.
        if queue.monitor.withLock({ $0.spares.count >= queue.configuration.spareSegments }) {
            queue.resume(after: .diskFull)
        }
        while queue.monitor.withLock({ $0.spares.count < queue.configuration.spareSegments && !$0.isStopping }) {
            serial += 1
            do {
                let spare = try store.makeSpare(named: "spare-\(serial)")
                queue.monitor.withLock { state in
                    state.spares.append(spare)
                    state.spareFailed = false
                    state.status.spareSegments = state.spares.count
                }
                queue.resume(after: .diskFull)
            } catch {
                let isLast = queue.monitor.withLock { state in
                    state.spareFailed = true
                    return state.spares.isEmpty && state.status.refusal == nil
                }
                if isLast, SegmentStore.isFull(error) {
                    queue.configuration.logger.error("audit log has no space for another segment")
                    queue.stopForSpace()
                }
                return
            }
        }
    }

    private func finish() {
        let isAbandoned = queue.monitor.withLock { $0.isAbandoned }
        if !isAbandoned {
            // What cannot be published now is still in the segments and is published at the next start.
            gather()
            var isPublished = true
            if let size = unpublished.last?.endIndex {
                isPublished = integrate(upTo: size)
                if !isPublished { isPublished = integrate(upTo: size) }
            }
            if isPublished { try? store.removeAll() }
            obey()
            if isPublished, let cosign = queue.configuration.cosignLast { addCosignatures(cosign()) }
            publisher.finish()
        }
        store.fileSystem.close(lock)
        let closers = queue.monitor.withLock { state in
            state.isFinished = true
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
        queue.note(publisher, isLast: true)
    }

    /// Does what published records order, and tells those who wait for it.
    private func obey() {
        if publisher.hasPendingOrders {
            do {
                try publisher.obey(store) { queue.finishElsewhere($0, $1) }
            } catch {
                queue.configuration.logger.warning("audit order failed", metadata: ["error": "\(error)"])
                queue.monitor.withLock { $0.status.integrationFailures += 1 }
            }
        }
        queue.note(publisher)
    }

    /// Publishes cosignatures; those that cannot be written now are got again with the next checkpoint.
    private func addCosignatures(_ cosignatures: [Cosignature]) {
        guard !cosignatures.isEmpty else { return }
        do {
            try publisher.add(cosignatures)
        } catch {
            queue.configuration.logger.warning("cosignatures not published", metadata: ["error": "\(error)"])
        }
    }
}
