// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Synchronization
import Testing

@testable import AuditLog

@Suite("A power cut at any file operation loses no acknowledged record", .timeLimit(.minutes(5)))
struct PowerCutTests {
    /// How many cuts are tried; `COUNTERSIGN_POWER_CUTS` asks for more.
    private static let cuts = ProcessInfo.processInfo.environment["COUNTERSIGN_POWER_CUTS"].flatMap(Int.init) ?? 60

    /// Takes over while the log is filled.
    private static let second: LogSigningKey = {
        do { return try LogSigningKey(origin: "test/one") } catch { fatalError("\(error)") }
    }()

    private static func configuration(_ disk: SimulatedDisk, _ key: LogSigningKey) throws -> AuditLogConfiguration {
        var configuration = try LogFixture().configuration
        configuration.directory = "/disk/audit"
        configuration.key = key
        configuration.otherKeys = [Self.second]
        configuration.segmentBytes = 8192
        configuration.probeDuration = .seconds(60)
        configuration.fileSystem = disk.fileSystem
        return configuration
    }

    /// What was answered before the power went.
    private struct Answers {
        /// So many leaves were acknowledged.
        var acknowledged: UInt64 = 0
        /// These entries lost their personal data.
        var erased: [UInt64] = []
        var isRotated = false
        var isPruned = false
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

    /// Fills a log batch by batch, with an erasure, a rotation, a hold and pruning, until the power goes.
    private static func fill(_ disk: SimulatedDisk, _ key: LogSigningKey) async throws -> Answers {
        var answers = Answers()
        guard let log = try? AuditLog.open(try configuration(disk, key)) else { return answers }
        answers.acknowledged = 1
        for (step, batch) in [1, 40, 3, 120, 90, 1, 20].enumerated() {
            for result in await LogFixture.append(batch, to: log) {
                guard case .success(let receipt) = result, let index = receipt.leafIndex else { continue }
                answers.acknowledged = max(answers.acknowledged, index + 1)
            }
            switch step {
            case 1:
                let erased: [UInt64] = [2, 30]
                let isDone = await order(disk, log) {
                    _ = try await log.erase(ErasureRequest(.entries(erased), notes: JSONObject()))
                }
                if isDone { answers.erased = erased }
            case 2: answers.isRotated = await order(disk, log) { _ = try await log.rotate(to: second) }
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
        return answers
    }

    @Test("what was acknowledged is there, and everything verifies")
    func losesNothing() async throws {
        let key = try LogSigningKey(origin: "test/one")
        let whole = SimulatedDisk(cutAt: nil, seed: 0)
        let complete = try await Self.fill(whole, key)
        #expect(complete.acknowledged == 281)
        #expect(complete.isRotated && complete.isPruned && complete.erased.count == 2)
        let operations = whole.operations
        #expect(operations > 250)
        var interrupted = 0
        for cut in 0..<Self.cuts {
            let point = 1 + cut * operations / Self.cuts
            let disk = SimulatedDisk(cutAt: point, seed: UInt64(cut))
            let answers = try await Self.fill(disk, key)
            if answers.acknowledged < 281 { interrupted += 1 }
            let survivor = disk.afterPowerCut()
            let log = try AuditLog.open(try Self.configuration(survivor, key))
            #expect(log.status.durableSize > answers.acknowledged, "cut at operation \(point), seed \(cut)")
            if answers.isRotated {
                #expect(log.status.signingKeys.count == 2, "cut at operation \(point), seed \(cut)")
            }
            if answers.isPruned { #expect(log.status.minimumIndex == 256, "cut at operation \(point), seed \(cut)") }
            await log.close()
            let directory = LogDirectory(path: "/disk/audit", fileSystem: survivor.fileSystem)
            for index in answers.erased {
                let lines = try (directory.read(Bundle.disclosurePath(0)) ?? []).split(separator: 0x0A)
                #expect(!lines.contains { Bundle.index(ofLine: $0) == index }, "cut at operation \(point), seed \(cut)")
            }
            var verifier = LogVerifier(keys: [key.verifierKey, Self.second.verifierKey])
            verifier.fileSystem = survivor.fileSystem
            verifier.disclosuresDirectory = "/disk/audit/disclosures"
            verifier.checksRecords = true
            let report = verifier.verify(directory: "/disk/audit")
            #expect(report.problems == [], "cut at operation \(point), seed \(cut)")
        }
        #expect(interrupted > Self.cuts / 4)
    }
}
