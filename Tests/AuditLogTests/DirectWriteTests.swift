// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing

@testable import AuditLog

@Suite("Segments are written in whole blocks past the page cache", .timeLimit(.minutes(30)))
struct DirectWriteTests {
    private static func configuration(
        _ disk: SimulatedDisk, _ key: LogSigningKey, segmentBytes: Int
    ) throws -> AuditLogConfiguration {
        var configuration = try LogFixture().configuration
        configuration.directory = "/disk/audit"
        configuration.key = key
        configuration.segmentBytes = segmentBytes
        configuration.fileSystem = disk.fileSystem
        return configuration
    }

    private static func record(boot: String, disclosureBytes: Int) -> AuditRecord {
        var record = LogFixture.record(boot: boot)
        var commitments = Commitments()
        commitments.add("input", string: String(repeating: "x", count: disclosureBytes))
        record.disclosures = commitments.disclosures
        return record
    }

    private static func append(_ sizes: [Int], to log: AuditLog) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for size in sizes {
                let record = record(boot: log.boot, disclosureBytes: size)
                group.addTask {
                    let result = await withCheckedContinuation { continuation in
                        log.append(record, on: LogFixture.loop) { continuation.resume(returning: $0) }
                    }
                    _ = try result.get()
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "where direct transfers are refused the log does the same without them",
        arguments: SimulatedDisk.Direct.allCases)
    func fallsBack(direct: SimulatedDisk.Direct) async throws {
        let key = try LogSigningKey(origin: "test/one")
        let disk = SimulatedDisk(cutAt: nil, seed: 1, direct: direct)
        let log = try AuditLog.open(try Self.configuration(disk, key, segmentBytes: 20_000))
        for result in await LogFixture.append(300, to: log) { _ = try result.get() }
        #expect(log.status.writeFailures == 0)
        await log.close()
        #expect((disk.directWrites > 0) == (direct == .accepted))
        var verifier = LogVerifier(keys: [key.verifierKey])
        verifier.fileSystem = disk.fileSystem
        verifier.disclosuresDirectory = "/disk/audit/disclosures"
        verifier.checksRecords = true
        let report = verifier.verify(directory: "/disk/audit")
        #expect(report.problems == [])
        #expect(report.size == 302)
    }

    @Test(
        "records of any size come back, over pieces of memory and segments", arguments: [20_480, 1 << 20, 5 << 20])
    func crossesPieces(segmentBytes: Int) async throws {
        let fixture = try LogFixture()
        var configuration = fixture.configuration
        configuration.segmentBytes = segmentBytes
        configuration.checkpointInterval = .seconds(86_400)
        let log = try AuditLog.open(configuration)
        let largest = min(190_000, (segmentBytes - 2000) / 4 * 3)
        let sizes = (0..<60).map { $0 * 7919 % largest } + [largest, 1, largest]
        for part in stride(from: 0, to: sizes.count, by: 9) {
            try await Self.append(Array(sizes[part..<min(part + 9, sizes.count)]), to: log)
        }
        let copy = try fixture.copy()
        await log.close()
        let recovered = try copy.open()
        #expect(recovered.status.durableSize == UInt64(sizes.count) + 2)
        await recovered.close()
        for log in [fixture, copy] {
            // The leaves commit to other values on purpose: here only the bytes count.
            var verifier = log.verifier
            verifier.disclosuresDirectory = nil
            #expect(verifier.verify(directory: log.directory).problems == [])
        }
        let lines = try fixture.bytes("disclosures/000.jsonl").split(separator: 0x0A)
        #expect(lines.count == sizes.count)
        #expect(lines.reduce(0) { $0 + $1.count } > sizes.reduce(0, +))
        #expect(try copy.bytes("disclosures/000.jsonl").split(separator: 0x0A) == lines)
    }

    @Test(
        "a file of any size is replaced whole, in blocks or not", arguments: SimulatedDisk.Direct.allCases,
        [0, 1, 4096, 65_535, 65_536, 65_537, 300_000])
    func replacesFiles(direct: SimulatedDisk.Direct, count: Int) throws {
        let disk = SimulatedDisk(cutAt: nil, seed: 1, direct: direct)
        var random = SeededRandom(state: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        let buffer = BlockBuffer(capacity: 100)
        for part in stride(from: 0, to: count, by: 777) { buffer.append(bytes[part..<min(part + 777, count)]) }
        var directory = LogDirectory(path: "/disk", fileSystem: disk.fileSystem)
        try directory.replace("a/b", with: buffer.bytes)
        #expect(try directory.read("a/b") == nil)
        try directory.commit()
        #expect(try directory.read("a/b") == bytes)
        try directory.replace("a/b", with: [1, 2, 3])
        try directory.replace("a/b", with: buffer.bytes)
        try directory.commit()
        #expect(try directory.read("a/b") == bytes)
        #expect((disk.directWrites > 0) == (direct == .accepted && count >= 65_536))
        let survivor = LogDirectory(path: "/disk", fileSystem: disk.afterPowerCut().fileSystem)
        #expect(try survivor.read("a/b") == bytes)
    }

    @Test("a file that is replaced often takes turns with the one before, which goes at the end")
    func takesTurns() throws {
        let fixture = try LogFixture()
        try LogFileSystem.posix.makeDirectory(fixture.directory)
        var directory = LogDirectory(path: fixture.directory, fileSystem: .posix)
        for round in 0..<4 as Range<UInt8> {
            try directory.replace("state", with: [round, 7, 7].dropLast(Int(round) % 3), isOften: true)
            try directory.commit()
            #expect(try fixture.bytes("state") == [round, 7, 7].dropLast(Int(round) % 3))
            #expect(
                try directory.read("state.tmp") == (round == 0 ? nil : [round - 1, 7, 7].dropLast(Int(round - 1) % 3)))
        }
        directory.removeOthers()
        #expect(try LogFileSystem.posix.list(fixture.directory) == ["state"])
    }

    @Test("a batch that fails over several segments is written again, and everybody hears of it")
    func relocates() async throws {
        let fixture = try LogFixture()
        let failures = FailurePlan()
        let log = try AuditLog.open(Self.configuration(fixture, failures))
        for round in 0..<5 {
            failures.start(failing: [round])
            let results = await LogFixture.append(200, to: log)
            let indexes = try results.map { try $0.get().leafIndex }.compactMap(\.self)
            #expect(indexes.sorted() == (0..<200).map { UInt64(round * 200 + 1 + $0) })
        }
        #expect(log.status.writeFailures > 0)
        log.abandon()
        await log.waitUntilFinished()
        let recovered = try fixture.open()
        #expect(recovered.status.durableSize == 1002)
        await recovered.close()
        #expect(fixture.verify().problems == [])
    }

    @Test("what is lost of a batch that was laid out again, and no more than that, is explained by a gap")
    func explainsLoss() async throws {
        for failing in [[0, 2, 3], [0, 1], [1, 3, 4], [2, 3], [0, 3, 4]] as [Set<Int>] {
            let fixture = try LogFixture()
            let failures = FailurePlan()
            let log = try AuditLog.open(Self.configuration(fixture, failures))
            failures.start(failing: failing)
            // Otherwise the last of the records could be taken again.
            failures.staysBroken = true
            let results = await LogFixture.append(200, to: log)
            let durable = results.compactMap { try? $0.get().leafIndex }
            #expect(durable.sorted() == (0..<UInt64(durable.count)).map { $0 + 1 })
            #expect(durable.count < 200, "\(failing)")
            failures.staysBroken = false
            try await eventually { log.status.isWritable }
            for result in await LogFixture.append(3, to: log) { _ = try result.get() }
            await log.close()
            let report = fixture.verify()
            #expect(report.problems == [], "\(failing)")
            #expect(report.gaps == 1)
            // Boot, what was acknowledged, gap, 3, shutdown.
            #expect(report.size == UInt64(durable.count) + 6)
        }
    }

    /// A log with segments of five blocks whose syncs fail by plan.
    private static func configuration(_ fixture: LogFixture, _ failures: FailurePlan) -> AuditLogConfiguration {
        var configuration = fixture.configuration
        configuration.segmentBytes = 20_480
        let base = LogFileSystem.posix
        configuration.fileSystem.syncData = { file throws(AuditLogError) in
            if file.path.hasSuffix(".wal") ? failures.next() : file.path.hasSuffix("/probe") && failures.staysBroken {
                throw .storage(operation: "synchronization", path: file.path, code: EIO)
            }
            try base.syncData(file)
        }
        return configuration
    }

    @Test("direct writes that a file system begins to refuse go on through the page cache")
    func fallsBackLater() async throws {
        let fixture = try LogFixture()
        let refuses = FailurePlan()
        var configuration = fixture.configuration
        let base = LogFileSystem.posix
        configuration.fileSystem.writeBoth = { file, first, second, offset throws(AuditLogError) in
            if refuses.next() { throw .storage(operation: "writing", path: file.path, code: EINVAL) }
            try base.writeBoth(file, first, second, offset)
        }
        let directs = Mutex(0)
        configuration.fileSystem.setDirect = { file, isDirect in
            if isDirect { directs.withLock { $0 += 1 } }
            return base.setDirect(file, isDirect)
        }
        let log = try AuditLog.open(configuration)
        try await eventually { log.status.spareSegments == 1 }
        let before = directs.withLock { $0 }
        refuses.start(failing: [0])
        for result in await LogFixture.append(20, to: log) { _ = try result.get() }
        #expect(log.status.writeFailures == 1)
        try await eventually { log.status.spareSegments == 1 }
        #expect(directs.withLock { $0 } == before)
        await log.close()
        #expect(fixture.verify().problems == [])
    }

    @Test("a last block that is torn at any byte while it is written again costs no acknowledged record")
    func survivesTornBlock() async throws {
        let fixture = try LogFixture()
        var configuration = fixture.configuration
        configuration.checkpointInterval = .seconds(86_400)
        let log = try AuditLog.open(configuration)
        _ = await LogFixture.append(2, to: log)
        let before = try fixture.copy()
        _ = await LogFixture.append(1, to: log)
        let segment = "wal/00000000000000000000.wal"
        let (old, new) = (try before.bytes(segment), try fixture.bytes(segment))
        log.abandon()
        await log.waitUntilFinished()
        let end = try #require(new.lastIndex { $0 != 0 }) + 1
        let start = try #require(zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }).offset
        #expect(start < 4096)
        #expect(end < 4096)
        for cut in start...end {
            for isFront in [true, false] {
                let torn = isFront ? new[..<cut] + old[cut...] : old[..<cut] + new[cut...]
                try before.write(Array(torn), to: segment)
                let size = try Self.size(of: before)
                #expect(size == 3 || size == 4, "cut at \(cut)")
            }
        }
    }

    /// How many records a directory's recovery finds.
    private static func size(of fixture: LogFixture) throws -> UInt64 {
        let store = SegmentStore(path: fixture.path("wal"), segmentBytes: 0, fileSystem: .posix)
        var scan = SegmentScan(store: store, from: 0)
        try scan.forEach { _ throws(AuditLogError) in }
        return scan.next
    }
}
