// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// A log in a directory, with a load on it.
struct Bench {
    private let directory: String
    private let key: LogSigningKey
    private let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

    init(directory: String, keyFile: String) throws {
        self.directory = directory
        key =
            FileManager.default.fileExists(atPath: keyFile)
            ? try LogSigningKey.load(path: keyFile, outside: directory)
            : try LogSigningKey.create(path: keyFile, origin: "bench/one", outside: directory)
    }

    private func open() throws -> AuditLog {
        var configuration = AuditLogConfiguration(directory: directory, origin: "bench/one", key: key)
        configuration.logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        return try AuditLog.open(configuration)
    }

    private func wait<T: Sendable>(_ body: @escaping @Sendable () async -> T) throws -> T {
        let promise = loop.makePromise(of: T.self)
        promise.completeWithTask { await body() }
        return try promise.futureResult.wait()
    }

    /// Fills a log with so many records; at the end it is closed, or the process is killed with more under way.
    func fill(_ count: Int, isSmall: Bool, isKilled: Bool) throws -> [String: Double] {
        let log = try open()
        let small = SmallRecord(boot: log.boot)
        let make: ((Int) -> AuditRecord)? = isSmall ? { small.make(count - 1 - $0, of: count) } : nil
        let start = ContinuousClock.now
        _ = try Load.run(count, inFlight: isKilled ? 256 : 4000, log: log, loop: loop, make: make)
        if isKilled {
            // Killed while more is under way, so that segments hold what no checkpoint covers.
            let loop = loop
            Thread.detachNewThread { _ = try? Load.run(10_000_000, inFlight: 256, log: log, loop: loop) }
            usleep(400_000)
            kill(getpid(), SIGKILL)
        }
        try wait { await log.close() }
        return ["records_per_second": Double(count) / Self.seconds(since: start)]
    }

    /// The audit path alone, at so many records in flight: throughput, CPU time by thread, latency.
    func path(_ count: Int, inFlight: Int) throws -> [String: Double] {
        let log = try open()
        _ = try Load.run(count / 10, inFlight: inFlight, log: log, loop: loop)
        let (before, batches, start) = (ThreadClock(), log.status.batches, ContinuousClock.now)
        let latencies = try Load.run(count, inFlight: inFlight, log: log, loop: loop)
        let elapsed = Self.seconds(since: start)
        var result = [
            "records_per_second": Double(count) / elapsed,
            "p50_us": latencies[count / 2], "p99_us": latencies[count * 99 / 100],
            "records_a_batch": Double(count) / Double(max(1, log.status.batches - batches)),
        ]
        for (thread, microseconds) in ThreadClock().since(before) {
            result["cpu_us_\(thread)"] = microseconds / Double(count)
            result["cpu_us", default: 0] += microseconds / Double(count)
        }
        try wait { await log.close() }
        return result
    }

    /// Offers so many records while the disk does not answer (a preloaded library waits while a file is there).
    ///
    /// Then the disk answers again, and what was accepted must become durable.
    func stall(_ count: Int, file: String) throws -> [String: Double] {
        let log = try open()
        _ = try Load.run(20_000, inFlight: 1000, log: log, loop: loop)
        try Data().write(to: URL(fileURLWithPath: file))
        let before = Self.memory("VmRSS")
        let outcome = Mutex<(durable: Int, refused: Int, peak: Double)>((0, 0, 0))
        let sample = SampleRecord(boot: log.boot)
        // In turns of the event loop, as requests come; each record may wait a minute for room.
        for start in stride(from: 0, to: count, by: 256) {
            let turn = loop.submit {
                var commitments = Commitments()
                for _ in start..<min(start + 256, count) {
                    let record = sample.make(&commitments)
                    log.append(record, on: loop, deadline: .now() + .seconds(60)) { result in
                        outcome.withLock { outcome in
                            if case .success = result { outcome.durable += 1 } else { outcome.refused += 1 }
                        }
                    }
                }
            }
            try turn.wait()
        }
        // What is refused is refused at once; the rest waits for the disk.
        let status = log.status
        let during = Self.memory("VmRSS")
        let refused = outcome.withLock { $0.refused }
        try FileManager.default.removeItem(atPath: file)
        let end = ContinuousClock.now + .seconds(120)
        while outcome.withLock({ $0.durable + $0.refused < count }), ContinuousClock.now < end { usleep(1000) }
        let peak = Self.memory("VmHWM")
        try wait { await log.close() }
        let (durable, lost) = outcome.withLock { ($0.durable, count - $0.durable - $0.refused) }
        return [
            "offered": Double(count), "refused": Double(refused), "durable": Double(durable),
            "unanswered": Double(lost), "queued_mib": Double(status.queuedBytes) / 1_048_576,
            "before_mib": before, "stalled_mib": during, "peak_mib": peak,
        ]
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// Memory of this process as the kernel counts it, in MiB.
    private static func memory(_ name: String) -> Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
    }
}
