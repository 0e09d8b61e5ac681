// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import StrictJSON
import Synchronization

/// An append-only log whose every record is on stable storage before the caller hears of it.
public final class AuditLog: Sendable {
    /// Random id of this process run, the `boot` of every record: 22 characters of base64url.
    public let boot: String

    let queue: LogQueue

    private init(queue: LogQueue) {
        self.queue = queue
        boot = queue.boot
    }

    deinit { abandon() }

    /// Locks, verifies and recovers the log, writes the `boot` record, and starts to take records.
    ///
    /// Blocks the calling thread until the log is ready; call it before event loops depend on it.
    ///
    /// - Throws: Whatever keeps the log from being continued safely, see ``AuditLogError``.
    public static func open(_ configuration: AuditLogConfiguration) throws(AuditLogError) -> AuditLog {
        try configuration.validate()
        let fileSystem = configuration.fileSystem
        try fileSystem.makeDirectory(configuration.directory)
        // Without this the whole log could be gone after a power cut.
        try fileSystem.syncDirectory(configuration.parentDirectory)
        guard let lock = try fileSystem.lock(configuration.directory + "/LOCK") else {
            throw .alreadyInUse(directory: configuration.directory)
        }
        do {
            return try start(configuration, lock)
        } catch {
            fileSystem.close(lock)
            throw error
        }
    }

    private static func start(
        _ configuration: AuditLogConfiguration, _ lock: LogFileSystem.File
    ) throws(AuditLogError) -> AuditLog {
        var recovery = LogRecovery(configuration)
        var publisher = try recovery.run()
        let boot = withUnsafeBytes(of: RandomPool.next128()) { Base64.encode($0, .urlSafe) }
        let queue = LogQueue(configuration: configuration, boot: boot, size: publisher.size)
        queue.note(publisher)
        let writer = SegmentWriter(queue: queue, store: recovery.store, nextIndex: publisher.size)
        let record = try EnvelopeRecord.make(type: "boot", boot: boot, members: configuration.allBootMembers)
        let outcome = Mutex<Result<AuditReceipt, AuditLogError>>(.failure(.turnedOff))
        record.withView {
            queue.append($0, to: .direct { result in outcome.withLock { $0 = result } }, deadline: nil)
        }
        writer.writeQueued()
        _ = try outcome.withLock { $0 }.get()
        // From here on records are acknowledged that stand in segments alone.
        try publisher.noteSegments(of: UInt64(recovery.store.segmentBytes))
        let integrator = Integrator(queue: queue, store: recovery.store, publisher: publisher, lock: lock)
        try LogThread.start("audit-writer") { writer.run() }
        do {
            try LogThread.start("audit-tree", .background) { integrator.run() }
        } catch {
            queue.monitor.withLock { $0.isAbandoned = true }
            queue.monitor.wake(.writer)
            throw error
        }
        return AuditLog(queue: queue)
    }

    /// Queues a record; never blocks.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - eventLoop: Where `whenDurable` runs: always later, with all completions of one batch in one hop.
    ///   - deadline: How long the record may wait for room while the queue is full; without one it does not wait.
    ///   - whenDurable: Gets the receipt after the sync, or the reason why the verdict must not leave.
    public func append(
        _ record: AuditRecord, on eventLoop: any EventLoop, deadline: NIODeadline? = nil,
        whenDurable: @escaping @Sendable (Result<AuditReceipt, AuditLogError>) -> Void
    ) {
        record.withView { queue.append($0, to: .eventLoop(eventLoop, whenDurable), deadline: deadline) }
    }

    /// Queues a record whose bytes the caller keeps; never blocks.
    ///
    /// The same as ``append(_:on:deadline:whenDurable:)``, for callers that build one record after another in the same
    /// memory: the bytes are copied before it returns.
    ///
    /// - Parameters:
    ///   - leaf: The leaf without the digits of `n`, see ``AuditRecord``.
    ///   - counterOffset: Where in the leaf the digits go.
    ///   - disclosures: The JSON array of the disclosures, or nothing.
    ///   - release: When the completion may run.
    ///   - eventLoop: Where `whenDurable` runs.
    ///   - deadline: How long the record may wait for room while the queue is full.
    ///   - whenDurable: Gets the receipt after the sync, or the reason why the verdict must not leave.
    public func append(
        leaf: UnsafeRawBufferPointer, counterOffset: Int, disclosures: UnsafeRawBufferPointer,
        release: AuditRecord.Release, on eventLoop: any EventLoop, deadline: NIODeadline? = nil,
        whenDurable: @escaping @Sendable (Result<AuditReceipt, AuditLogError>) -> Void
    ) {
        let record = RecordView(leaf: leaf, counterOffset: counterOffset, disclosures: disclosures, release: release)
        queue.append(record, to: .eventLoop(eventLoop, whenDurable), deadline: deadline)
    }

    /// Writes a low-rate record and returns when it is durable.
    ///
    /// - Parameters:
    ///   - type: The record's `t`, such as `policy.activate`.
    ///   - members: The type's own members; names of the envelope are refused.
    ///   - commitments: Personal data, committed to in `sd`.
    /// - Returns: The receipt, once the record is on stable storage.
    /// - Throws: ``AuditLogError``.
    @discardableResult
    public func appendAdministrative(
        type: String, members: JSONObject = JSONObject(), commitments: Commitments = Commitments()
    ) async throws(AuditLogError) -> AuditReceipt {
        guard LogOrder.RecordType(rawValue: type) == nil else {
            throw .invalidRecord(problem: "the log writes records of type `\(type)` itself, with what they order")
        }
        return try await write(type: type, members: members, commitments: commitments)
    }

    func write(
        type: String, members: JSONObject, commitments: Commitments
    ) async throws(AuditLogError) -> AuditReceipt {
        let record = try EnvelopeRecord.make(type: type, boot: boot, members: members, commitments: commitments)
        let result = await withCheckedContinuation { continuation in
            record.withView {
                queue.append($0, to: .direct { continuation.resume(returning: $0) }, deadline: nil)
            }
        }
        return try result.get()
    }

    /// The state of the log; one lock, no system call.
    public var status: AuditLogStatus { queue.monitor.withLock { $0.status } }

    /// How many records stand under a signed checkpoint; takes no lock.
    package var checkpointSize: UInt64 { queue.checkpointSize.load(ordering: .acquiring) }

    /// Takes no more records, writes what is queued and a `shutdown` record, and publishes the last checkpoint.
    ///
    /// The directory is free for another process when it returns.
    public func close() async {
        let record = try? EnvelopeRecord.make(type: "shutdown", boot: boot)
        queue.close(with: record)
        await queue.finished()
    }

    /// Stops as a killed process would: nothing more is written, signed or removed; the lock is given back.
    package func abandon() {
        queue.abandon()
    }

    /// Returns when the log's threads have ended, after ``close()`` or ``abandon()``.
    package func waitUntilFinished() async { await queue.finished() }
}
