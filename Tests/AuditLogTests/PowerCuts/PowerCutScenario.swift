// SPDX-License-Identifier: Apache-2.0

import StrictJSON
import Synchronization

@testable import AuditLog

/// Something that a log goes through until it is done or the power is gone.
enum PowerCutScenario: String, Sendable, CaseIterable {
    /// Batches, and between them an erasure, a rotation, a hold and pruning.
    case care
    /// The log is closed and opened again, with records each time.
    case restarts
    /// Records that fill segments by themselves.
    case large
    /// Syncs of segments fail, some of them twice in a row.
    case failing = "failing syncs"
    /// The power has been cut before: the log recovers, and goes on.
    case recovery

    /// What was answered before the power went.
    struct Answers: Sendable {
        /// The identifiers of the records that were acknowledged, by their place.
        var acknowledged: [UInt64: String] = [:]
        /// These entries lost their personal data.
        var erased: [UInt64] = []
        var isRotated = false
        var isPruned = false
        /// Whether everything was gone through.
        var isComplete = false
    }

    /// The keys of a log; the second takes over in ``care``.
    struct Keys: Sendable {
        let first: LogSigningKey
        let second: LogSigningKey

        init() throws(AuditLogError) {
            first = try LogSigningKey(origin: "test/one")
            second = try LogSigningKey(origin: "test/one")
        }
    }

    static func configuration(_ disk: SimulatedDisk, _ keys: Keys) throws -> AuditLogConfiguration {
        var configuration = try LogFixture().configuration
        configuration.directory = "/disk/audit"
        configuration.key = keys.first
        configuration.otherKeys = [keys.second]
        configuration.segmentBytes = 8192
        configuration.probeDuration = .seconds(60)
        configuration.fileSystem = disk.fileSystem
        return configuration
    }

    /// Goes through the scenario on a disk.
    ///
    /// - Parameters:
    ///   - disk: The disk.
    ///   - keys: The keys of the log.
    ///   - answers: What was answered on this disk before; what is answered now is added.
    /// - Throws: Whatever is not due to the cut.
    func run(on disk: SimulatedDisk, _ keys: Keys, _ answers: inout Answers) async throws {
        var configuration = try Self.configuration(disk, keys)
        switch self {
        case .care: try await Self.care(disk, keys, configuration, &answers)
        case .restarts:
            for batches in [[20], [1, 150], [110], [3]] {
                guard try await Self.fill(disk, configuration, batches, &answers) else { return }
            }
        case .large:
            let batches = [1, 2, 6, 1, 12, 3, 20]
            guard try await Self.fill(disk, configuration, batches, subjectBytes: 2500, &answers) else { return }
        case .failing:
            let syncs = FailurePlan()
            syncs.start(failing: [3, 6, 7, 11, 15])
            let base = configuration.fileSystem
            configuration.fileSystem.syncData = { file throws(AuditLogError) in
                if file.path.hasSuffix(".wal"), syncs.next() {
                    throw .storage(operation: "synchronization", path: file.path, code: 5)
                }
                try base.syncData(file)
            }
            configuration.probeInterval = .milliseconds(1)
            configuration.probeDuration = .milliseconds(1)
            let batches = [5, 1, 30, 1, 4, 60, 2, 1, 1, 9]
            guard try await Self.fill(disk, configuration, batches, &answers) else { return }
        case .recovery:
            guard try await Self.fill(disk, configuration, [1, 300, 2], &answers) else { return }
        }
        answers.isComplete = !disk.isOff
    }

    /// The disk on which the scenario begins.
    func disk(cutAt operation: Int?, seed: UInt64, _ keys: Keys, _ answers: inout Answers) async throws -> SimulatedDisk
    {
        switch self {
        case .care, .restarts, .large, .failing: return SimulatedDisk(cutAt: operation, seed: seed)
        case .recovery:
            // Somewhere between the first record and the end of what goes on before.
            let first = SimulatedDisk(cutAt: 60 + Int(seed % 200), seed: seed)
            try await PowerCutScenario.care.run(on: first, keys, &answers)
            let loss = PowerLoss.allCases[Int(seed / 200) % PowerLoss.allCases.count]
            return first.afterPowerCut(loss, cutAt: operation)
        }
    }

    /// Opens a log, appends batch by batch and closes it; `false` if the power went.
    private static func fill(
        _ disk: SimulatedDisk, _ configuration: AuditLogConfiguration, _ batches: [Int], subjectBytes: Int = 5,
        _ answers: inout Answers
    ) async throws -> Bool {
        let log: AuditLog
        do { log = try AuditLog.open(configuration) } catch {
            guard disk.isOff else { throw error }
            return false
        }
        for batch in batches { await append(batch, to: log, subjectBytes: subjectBytes, &answers) }
        await log.close()
        return !disk.isOff
    }

    private static func append(
        _ count: Int, to log: AuditLog, subjectBytes: Int = 5, _ answers: inout Answers
    ) async {
        let subject = String(repeating: "alice", count: subjectBytes / 5)
        let acknowledged: [UInt64: String] = await withCheckedContinuation { continuation in
            let results = Mutex<(left: Int, acknowledged: [UInt64: String])>((count, [:]))
            for _ in 0..<count {
                let id = UUIDv7()
                log.append(LogFixture.record(boot: log.boot, id: id, subject: subject), on: LogFixture.loop) { result in
                    let all = results.withLock { results -> [UInt64: String]? in
                        if case .success(let receipt) = result, let index = receipt.leafIndex {
                            results.acknowledged[index] = id.description
                        }
                        results.left -= 1
                        return results.left == 0 ? results.acknowledged : nil
                    }
                    if let all { continuation.resume(returning: all) }
                }
            }
        }
        answers.acknowledged.merge(acknowledged) { first, _ in first }
    }

    private static func care(
        _ disk: SimulatedDisk, _ keys: Keys, _ configuration: AuditLogConfiguration, _ answers: inout Answers
    ) async throws {
        let log: AuditLog
        do { log = try AuditLog.open(configuration) } catch {
            guard disk.isOff else { throw error }
            return
        }
        for (step, batch) in [1, 40, 3, 120, 90, 1, 20].enumerated() {
            await append(batch, to: log, &answers)
            switch step {
            case 1:
                let erased: [UInt64] = [2, 30]
                let isDone = await order(disk, log) {
                    _ = try await log.erase(ErasureRequest(.entries(erased), notes: JSONObject()))
                }
                if isDone { answers.erased = erased }
            case 2: answers.isRotated = await order(disk, log) { _ = try await log.rotate(to: keys.second) }
            case 3:
                _ = await order(disk, log) {
                    _ = try await log.hold("case", isSet: true, notes: JSONObject())
                    _ = try await log.hold("case", isSet: false, notes: JSONObject())
                }
            case 5:
                answers.isPruned = await order(disk, log) {
                    try await log.prune(RetentionPlan(disclosures: 0..<0, leaves: 0..<256))
                }
            default: break
            }
        }
        await log.close()
    }

    /// Gives an order and waits until it is done or the power is gone; then closing the log ends the waiting.
    private static func order(
        _ disk: SimulatedDisk, _ log: AuditLog, _ body: @escaping @Sendable () async throws -> Void
    ) async -> Bool {
        let isDone = Mutex(false)
        let work = Task {
            try? await body()
            isDone.withLock { $0 = true }
        }
        while !isDone.withLock({ $0 }), !disk.isOff { await Task.yield() }
        if disk.isOff { await log.close() }
        await work.value
        return !disk.isOff
    }
}
