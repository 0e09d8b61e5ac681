// SPDX-License-Identifier: Apache-2.0

import Logging

/// The one thread that turns durable records into tiles and signs checkpoints over them.
///
/// Unchecked: its variables are touched by the opening thread until the integrator's thread starts, then only by that.
final class Integrator: @unchecked Sendable {
    private let queue: LogQueue
    private let store: SegmentStore
    private var publisher: LogPublisher
    private let lock: LogFileSystem.File
    /// Taken from the backlog, not yet under a checkpoint.
    private var unpublished: [DurableRecord] = []
    private var serial = 0
    private var lastSpaceLook: UInt64?

    init(queue: LogQueue, store: SegmentStore, publisher: LogPublisher, lock: LogFileSystem.File) {
        self.queue = queue
        self.store = store
        self.publisher = publisher
        self.lock = lock
    }

    func run() {
        let configuration = queue.configuration
        while true {
            _ = queue.monitor.wait(as: .integrator, for: configuration.checkpointInterval) { state -> Bool? in
                let lacksSpare = state.spares.count < configuration.spareSegments && !state.spareFailed
                let isWoken = state.backlog.count >= TilePath.width || state.isWriterFinished || lacksSpare
                return isWoken ? true : nil
            }
            let isLast = queue.monitor.withLock { $0.isWriterFinished }
            if isLast { return finish() }
            integrate()
            replenish()
        }
    }

    /// Publishes what is durable; after a failure the next call tries again.
    @discardableResult
    func integrate() -> Bool {
        unpublished += queue.monitor.withLock { state in
            defer { state.backlog = [] }
            return state.backlog
        }
        guard !unpublished.isEmpty else { return true }
        do {
            try publisher.publish(unpublished)
        } catch {
            queue.configuration.logger.warning("audit checkpoint failed", metadata: ["error": "\(error)"])
            queue.monitor.withLock { $0.status.integrationFailures += 1 }
            return false
        }
        let size = publisher.size
        let count = unpublished.count
        let bytes = unpublished.reduce(0) { $0 + $1.leaf.count + $1.disclosures.count + SegmentFrame.headerBytes }
        unpublished = []
        let covered = queue.monitor.withLock { state -> [String] in
            state.status.checkpointSize = size
            state.unpublishedRecords -= count
            state.unpublishedBytes -= bytes
            var covered: [String] = []
            while state.segments.count > 1, state.segments[1].base <= size {
                covered.append(state.segments.removeFirst().path)
            }
            return covered
        }
        queue.monitor.wake(.writer)
        for path in covered { try? store.fileSystem.removeFile(path) }
        if let free = try? store.fileSystem.freeBytes(queue.configuration.directory) {
            queue.monitor.withLock { state in
                state.status.freeBytes = free
                state.status.isShortOfSpace = free < queue.configuration.minimumFreeBytes
            }
        }
        return true
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
            var isPublished = integrate()
            if !isPublished { isPublished = integrate() }
            if isPublished { try? store.removeAll() }
        }
        store.fileSystem.close(lock)
        let closers = queue.monitor.withLock { state in
            state.isFinished = true
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }
}
