// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import Synchronization
import Testing

@testable import AuditLog

@Suite("Audit log with a full queue", .timeLimit(.minutes(30)))
struct FullQueueTests {
    /// A log whose disk answers only once `isOpen` is true, with room for four records.
    static func slowLog(
        _ fixture: LogFixture, _ isOpen: Atomic<Bool>.Box, mode: AuditLogConfiguration.Mode,
        change: (inout AuditLogConfiguration) -> Void = { _ in }
    ) throws -> AuditLog {
        var configuration = fixture.configuration
        configuration.mode = mode
        configuration.maximumQueuedRecords = 4
        configuration.maximumDelay = .seconds(10)
        change(&configuration)
        let base = LogFileSystem.posix
        configuration.fileSystem.syncData = { file throws(AuditLogError) in
            while file.path.hasSuffix(".wal"), !isOpen.value.load(ordering: .acquiring) { usleep(1000) }
            try base.syncData(file)
        }
        return try AuditLog.open(configuration)
    }

    @Test("without a deadline the fifth record is refused, with one it waits; a gap explains what was refused")
    func refusesAndWaits() async throws {
        let fixture = try LogFixture()
        let isOpen = Atomic<Bool>.Box(true)
        let log = try Self.slowLog(fixture, isOpen, mode: .strict)
        isOpen.value.store(false, ordering: .releasing)
        let results = Mutex<[String]>([])
        func append(_ deadline: NIODeadline?) {
            log.append(LogFixture.record(boot: log.boot), on: LogFixture.loop, deadline: deadline) { result in
                results.withLock { $0.append((try? result.get()) == nil ? "refused" : "durable") }
            }
        }
        for _ in 0..<6 { append(nil) }
        try await eventually { results.withLock { $0 } == ["refused", "refused"] }
        append(.now() + .hours(1))
        append(.now() + .milliseconds(5))
        try await eventually { results.withLock { $0.count } == 3 }
        isOpen.value.store(true, ordering: .releasing)
        try await eventually { results.withLock { $0.count } == 8 }
        #expect(results.withLock { $0.filter { $0 == "durable" }.count } == 5)
        await log.close()
        let report = fixture.verify()
        #expect(report.problems == [])
        #expect(report.gaps >= 1)
        #expect(log.status.refusedRecords == 3)
    }

    @Test("a disk that stands still closes the window: later records wait for their sync as in strict mode")
    func closesByTime() async throws {
        let fixture = try LogFixture()
        let isOpen = Atomic<Bool>.Box(true)
        let log = try Self.slowLog(fixture, isOpen, mode: .async(whenFull: .block)) {
            $0.maximumDelay = .milliseconds(20)
        }
        isOpen.value.store(false, ordering: .releasing)
        #expect(try await LogFixture.append(1, to: log).allSatisfy { try !$0.get().isDurable })
        #expect(log.status.early.unsynced == 1)
        try await Task.sleep(for: .milliseconds(30))
        let results = Mutex<[Bool]>([])
        log.append(LogFixture.record(boot: log.boot), on: LogFixture.loop) { result in
            results.withLock { $0.append((try? result.get().isDurable) ?? false) }
        }
        try await eventually { log.status.early.held == 1 }
        #expect(results.withLock { $0 } == [], "not answered before its sync")
        isOpen.value.store(true, ordering: .releasing)
        try await eventually { results.withLock { $0 } == [true] }
        try await eventually { log.status.early.unsynced == 0 }
        await log.close()
        #expect(fixture.verify().problems == [])
    }

    @Test("no more than declared is at stake, and strict records never are")
    func closesByNumber() async throws {
        let fixture = try LogFixture()
        let isOpen = Atomic<Bool>.Box(true)
        let log = try Self.slowLog(fixture, isOpen, mode: .async(whenFull: .drop)) {
            $0.maximumUnsyncedRecords = 2
            $0.maximumDelay = .seconds(10)
        }
        isOpen.value.store(false, ordering: .releasing)
        let results = Mutex<[Bool]>([])
        for isStrict in [true, false, false, false] {
            var record = LogFixture.record(boot: log.boot)
            if isStrict { record.release = .whenDurable }
            log.append(record, on: LogFixture.loop) { result in
                results.withLock { $0.append((try? result.get().isDurable) ?? false) }
            }
        }
        try await eventually { results.withLock { $0.count } == 2 }
        #expect(results.withLock { $0 } == [false, false])
        #expect(log.status.early == AuditLogStatus.Early(released: 2, unsynced: 2, held: 1))
        isOpen.value.store(true, ordering: .releasing)
        try await eventually { results.withLock { $0 } == [false, false, true, true] }
        await log.close()
        let report = fixture.verify()
        #expect(report.problems == [])
        #expect(report.gaps == 0)
    }

    @Test("async mode releases an allow before the sync, and drops with a gap when told to")
    func releasesEarly() async throws {
        let fixture = try LogFixture()
        let isOpen = Atomic<Bool>.Box(true)
        let log = try Self.slowLog(fixture, isOpen, mode: .async(whenFull: .drop))
        isOpen.value.store(false, ordering: .releasing)
        let results = await LogFixture.append(9, to: log)
        #expect(try results.allSatisfy { try !$0.get().isDurable })
        #expect((log.status.early.released, log.status.early.dropped) == (4, 5))
        isOpen.value.store(true, ordering: .releasing)
        await log.close()
        let report = fixture.verify()
        #expect(report.problems == [])
        #expect(report.gaps == 1)
        // Boot, 4, gap, shutdown.
        #expect(report.size == 7)
    }
}

extension Atomic where Value == Bool {
    /// An atomic that closures can share.
    final class Box: Sendable {
        let value: Atomic<Bool>
        init(_ initial: Bool) { value = Atomic(initial) }
    }
}
