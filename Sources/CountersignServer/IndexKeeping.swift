// SPDX-License-Identifier: Apache-2.0

import AuditLog
import AuditTools
import Logging
import ServiceLifecycle
import Synchronization

/// Keeps `index.sqlite` behind the published log, on a thread of its own.
///
/// It reads only files that are published and takes no lock of the log, so that it can never hold up what publishes them.
/// It runs when the processor is idle and for at most a tenth of the time: under load it falls behind and catches up
/// later; a search takes in what is missing.
final class IndexKeeping: Service {
    /// So many bundles go in with one change.
    private static let bundlesPerStep = 16
    private static let pause = Duration.milliseconds(500)

    private let directory: String
    private let keys: [VerifierKey]
    private let log: AuditLog
    private let origin: String
    private let logger: Logger

    init?(_ audit: AuditTrail, logger: Logger) {
        guard let log = audit.log, let directory = audit.directory, !audit.verifierKeys.isEmpty else { return nil }
        (self.log, self.directory, keys, self.logger) = (log, directory, audit.verifierKeys, logger)
        origin = log.status.origin
    }

    func run() async throws {
        let isStopping = StopFlag()
        do {
            try DeskThread.start("audit-index") { [self] in keep(until: isStopping) }
        } catch {
            logger.warning("audit index is not kept", metadata: ["error": "\(error)"])
        }
        try? await gracefulShutdown()
        isStopping.set()
        await isStopping.finished()
    }

    private func keep(until isStopping: StopFlag) {
        defer { isStopping.finish() }
        let clock = ContinuousClock()
        var index: RecordIndex?
        var hasComplained = false
        while !isStopping.isSet {
            let start = clock.now
            do throws(AuditToolError) {
                let count = try step(&index)
                hasComplained = false
                isStopping.sleep(count == 0 ? Self.pause : max((clock.now - start) * 9, .milliseconds(1)))
            } catch {
                if !hasComplained { logger.warning("audit index is behind", metadata: ["error": "\(error)"]) }
                hasComplained = true
                index = nil
                isStopping.sleep(.seconds(5))
            }
        }
    }

    private func step(_ index: inout RecordIndex?) throws(AuditToolError) -> UInt64 {
        if index?.isInPlace != true { index = nil }
        let current: RecordIndex
        if let known = index {
            current = known
        } else {
            current = try RecordIndex.openReplacingDamage(directory: directory, origin: origin)
        }
        index = current
        guard try current.covered() < log.checkpointSize else { return 0 }
        let opened: OpenedLog
        do throws(AuditLogError) { opened = try OpenedLog(directory: directory, keys: keys) } catch {
            throw .log(error)
        }
        return try current.advance(to: opened, atMost: Self.bundlesPerStep)
    }
}

/// Tells a thread to stop and waits until it has.
private final class StopFlag: Sendable {
    private let state = Mutex<(isSet: Bool, isFinished: Bool, waiter: CheckedContinuation<Void, Never>?)>(
        (false, false, nil))

    var isSet: Bool { state.withLock { $0.isSet } }

    func set() { state.withLock { $0.isSet = true } }

    /// Sleeps in short pieces, so that stopping does not wait for a long one.
    func sleep(_ duration: Duration) {
        let end = ContinuousClock.now + min(duration, .seconds(60))
        while !isSet, ContinuousClock.now < end {
            DeskThread.pause(min(end - ContinuousClock.now, .milliseconds(50)))
        }
    }

    func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func finished() async {
        await withCheckedContinuation { continuation in
            let isFinished = state.withLock { state in
                if !state.isFinished { state.waiter = continuation }
                return state.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }
}
