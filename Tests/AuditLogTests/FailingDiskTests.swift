// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing

@testable import AuditLog

/// A disk whose operations fail on demand.
private final class FailingDisk: Sendable {
    struct Plan {
        /// How many syncs of segments fail from now on.
        var failingSyncs = 0
        var isFull = false
        var isDead = false
    }

    let plan = Mutex(Plan())

    func fileSystem(over base: LogFileSystem = .posix) -> LogFileSystem {
        var disk = base
        disk.syncData = { [self] file throws(AuditLogError) in
            let fails = plan.withLock { plan -> Bool in
                if plan.isDead { return true }
                guard plan.failingSyncs > 0, file.path.hasSuffix(".wal") else { return false }
                plan.failingSyncs -= 1
                return true
            }
            if fails { throw .storage(operation: "synchronization", path: file.path, code: EIO) }
            try base.syncData(file)
        }
        disk.write = { [self] file, bytes, offset throws(AuditLogError) in
            let isFull = plan.withLock { $0.isFull }
            if isFull, file.path.contains("spare") {
                throw .storage(operation: "writing", path: file.path, code: ENOSPC)
            }
            try base.write(file, bytes, offset)
        }
        return disk
    }
}

@Suite("Audit log on a failing disk", .timeLimit(.minutes(30)))
struct FailingDiskTests {
    private func failures(_ results: [Result<AuditReceipt, AuditLogError>]) -> [AuditLogError] {
        results.compactMap { result in
            if case .failure(let error) = result { return error }
            return nil
        }
    }

    @Test("one failed sync costs a segment and no record")
    func survivesOneFailedSync() async throws {
        let fixture = try LogFixture()
        let disk = FailingDisk()
        var configuration = fixture.configuration
        configuration.fileSystem = disk.fileSystem()
        // The copy is made while nothing is published.
        configuration.checkpointInterval = .seconds(86_400)
        let log = try AuditLog.open(configuration)
        disk.plan.withLock { $0.failingSyncs = 1 }
        #expect(failures(await LogFixture.append(50, to: log)) == [])
        #expect(log.status.writeFailures == 1)
        let copy = try fixture.copy()
        let recovered = try copy.open()
        #expect(recovered.status.durableSize == 52)
        await recovered.close()
        await log.close()
        #expect(fixture.verify().problems == [])
        #expect(copy.verify().problems == [])
    }

    @Test("a second failure turns the log off until the disk answers; a gap record explains the hole")
    func turnsOffAndRecovers() async throws {
        let fixture = try LogFixture()
        let disk = FailingDisk()
        var configuration = fixture.configuration
        configuration.fileSystem = disk.fileSystem()
        let log = try AuditLog.open(configuration)
        #expect(failures(await LogFixture.append(5, to: log)) == [])
        disk.plan.withLock { $0.isDead = true }
        #expect(Set(failures(await LogFixture.append(7, to: log))) == [.turnedOff])
        #expect(log.status.refusal == .turnedOff)
        #expect(failures(await LogFixture.append(2, to: log)) == [.turnedOff, .turnedOff])
        disk.plan.withLock { $0.isDead = false }
        try await eventually { log.status.isWritable }
        #expect(failures(await LogFixture.append(5, to: log)) == [])
        await log.close()
        let report = fixture.verify()
        #expect(report.problems == [])
        #expect(report.gaps == 1)
        // Boot, 5, gap, 5, shutdown.
        #expect(report.size == 13)
    }

    @Test("a full disk refuses, counts, and explains the hole after it has room again")
    func refusesOnFullDisk() async throws {
        let fixture = try LogFixture()
        let disk = FailingDisk()
        var configuration = fixture.configuration
        configuration.fileSystem = disk.fileSystem()
        let log = try AuditLog.open(configuration)
        try await eventually { log.status.spareSegments == 1 }
        disk.plan.withLock { $0.isFull = true }
        var written = 0
        while log.status.refusal != .diskFull {
            written += failures(await LogFixture.append(20, to: log)).isEmpty ? 20 : 0
            try #require(written < 5000)
        }
        #expect(failures(await LogFixture.append(3, to: log)) == [.diskFull, .diskFull, .diskFull])
        disk.plan.withLock { $0.isFull = false }
        try await eventually { log.status.isWritable }
        #expect(failures(await LogFixture.append(3, to: log)) == [])
        await log.close()
        let report = fixture.verify()
        #expect(report.problems == [])
        #expect(report.gaps == 1)
    }
}
