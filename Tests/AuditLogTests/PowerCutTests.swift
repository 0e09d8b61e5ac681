// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import AuditLog

@Suite("A power cut at any file operation loses no acknowledged record", .timeLimit(.minutes(5)))
struct PowerCutTests {
    /// How many cuts are tried; `COUNTERSIGN_POWER_CUTS` asks for more.
    private static let cuts = ProcessInfo.processInfo.environment["COUNTERSIGN_POWER_CUTS"].flatMap(Int.init) ?? 60

    private static func configuration(_ disk: SimulatedDisk, _ key: LogSigningKey) throws -> AuditLogConfiguration {
        var configuration = try LogFixture().configuration
        configuration.directory = "/disk/audit"
        configuration.key = key
        configuration.segmentBytes = 8192
        configuration.probeDuration = .seconds(60)
        configuration.fileSystem = disk.fileSystem
        return configuration
    }

    /// Fills a log batch by batch until the power goes; returns how many leaves were acknowledged.
    private static func fill(_ disk: SimulatedDisk, _ key: LogSigningKey) async throws -> UInt64 {
        guard let log = try? AuditLog.open(try configuration(disk, key)) else { return 0 }
        var acknowledged: UInt64 = 1
        for batch in [1, 40, 3, 120, 90, 1, 20] {
            for result in await LogFixture.append(batch, to: log) {
                guard case .success(let receipt) = result, let index = receipt.leafIndex else { continue }
                acknowledged = max(acknowledged, index + 1)
            }
        }
        await log.close()
        return acknowledged
    }

    @Test("what was acknowledged is there, and everything verifies")
    func losesNothing() async throws {
        let key = try LogSigningKey(origin: "test/one")
        let whole = SimulatedDisk(cutAt: nil, seed: 0)
        #expect(try await Self.fill(whole, key) == 276)
        let operations = whole.operations
        #expect(operations > 150)
        var interrupted = 0
        for cut in 0..<Self.cuts {
            let point = 1 + cut * operations / Self.cuts
            let disk = SimulatedDisk(cutAt: point, seed: UInt64(cut))
            let acknowledged = try await Self.fill(disk, key)
            if acknowledged < 276 { interrupted += 1 }
            let survivor = disk.afterPowerCut()
            let log = try AuditLog.open(try Self.configuration(survivor, key))
            #expect(log.status.durableSize > acknowledged, "cut at operation \(point), seed \(cut)")
            await log.close()
            var verifier = LogVerifier(keys: [key.verifierKey])
            verifier.fileSystem = survivor.fileSystem
            verifier.disclosuresDirectory = "/disk/audit/disclosures"
            verifier.checksRecords = true
            let report = verifier.verify(directory: "/disk/audit")
            #expect(report.problems == [], "cut at operation \(point), seed \(cut)")
        }
        #expect(interrupted > Self.cuts / 4)
    }
}
