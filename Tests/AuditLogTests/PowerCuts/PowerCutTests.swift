// SPDX-License-Identifier: Apache-2.0

import StrictJSON
import Testing

@testable import AuditLog

@Suite(
    "A power cut at any file operation loses no acknowledged record",
    .timeLimit(PowerCutCount.limit))
struct PowerCutTests {
    /// A file operation of a scenario at which the power goes, and what is lost then.
    private struct Point: Hashable, CustomStringConvertible {
        var scenario: PowerCutScenario
        var operation: Int
        var loss: PowerLoss

        var description: String { "\(scenario.rawValue), operation \(operation), \(loss.rawValue)" }
    }

    /// What the cuts did.
    private struct Tally {
        var points: Set<Point> = []
        var cuts = 0
        var disks: Set<Int> = []
        /// Cuts before which something was acknowledged.
        var withAnswers = 0
        var acknowledged = 0
        var lost = 0
        var unverifiable = 0
    }

    @Test("what was acknowledged is there, and everything verifies")
    func losesNothing() async throws {
        let keys = try PowerCutScenario.Keys()
        var points: [Point] = []
        for scenario in PowerCutScenario.allCases {
            let operations = try await Self.operations(of: scenario, keys)
            #expect(operations > 100, "\(scenario)")
            points += (1...operations).flatMap { operation in
                PowerLoss.allCases.map { Point(scenario: scenario, operation: operation, loss: $0) }
            }
        }
        // The same order in every run: a few cuts are then of all scenarios and losses.
        var random = SeededRandom(state: 1)
        points.shuffle(using: &random)
        var tally = Tally()
        var round: UInt64 = 0
        while tally.cuts < PowerCutCount.wanted, round < 100 {
            for (number, point) in points.enumerated() where tally.cuts < PowerCutCount.wanted {
                try await Self.cut(point, seed: round << 32 | UInt64(number), keys, &tally)
            }
            round += 1
        }
        #expect(tally.cuts == PowerCutCount.wanted)
        #expect(tally.withAnswers > PowerCutCount.wanted / 4)
        #expect(tally.lost == 0 && tally.unverifiable == 0)
        print(
            """
            power cuts: \(tally.cuts) at \(tally.points.count) distinct points (file operation x loss, of \
            \(points.count) in \(PowerCutScenario.allCases.count) scenarios), \(tally.disks.count) different disks; \
            of \(tally.acknowledged) acknowledged records \(tally.lost) lost; \(tally.unverifiable) logs unverifiable
            """)
    }

    /// How many file operations a scenario takes when the power stays.
    private static func operations(of scenario: PowerCutScenario, _ keys: PowerCutScenario.Keys) async throws -> Int {
        var answers = PowerCutScenario.Answers()
        let disk = try await scenario.disk(cutAt: nil, seed: 150, keys, &answers)
        let before = answers.acknowledged.count
        try await scenario.run(on: disk, keys, &answers)
        #expect(answers.isComplete && answers.acknowledged.count > before, "\(scenario)")
        if scenario == .care { #expect(answers.isRotated && answers.isPruned && answers.erased.count == 2) }
        return disk.operations
    }

    /// Cuts the power at a point, unless the scenario ends before it, and looks at what is left.
    private static func cut(
        _ point: Point, seed: UInt64, _ keys: PowerCutScenario.Keys, _ tally: inout Tally
    ) async throws {
        var answers = PowerCutScenario.Answers()
        let disk = try await point.scenario.disk(cutAt: point.operation, seed: seed, keys, &answers)
        try await point.scenario.run(on: disk, keys, &answers)
        guard disk.isOff else { return }
        let survivor = disk.afterPowerCut(point.loss)
        tally.cuts += 1
        tally.points.insert(point)
        tally.disks.insert(survivor.fingerprint)
        tally.acknowledged += answers.acknowledged.count
        if !answers.acknowledged.isEmpty { tally.withAnswers += 1 }
        do {
            let log = try AuditLog.open(try PowerCutScenario.configuration(survivor, keys))
            if answers.isRotated { #expect(log.status.signingKeys.count == 2, "\(point), seed \(seed)") }
            if answers.isPruned { #expect(log.status.minimumIndex == 256, "\(point), seed \(seed)") }
            await log.close()
            tally.lost += try lost(survivor, keys, answers, "\(point), seed \(seed)")
        } catch {
            Issue.record("\(point), seed \(seed): \(error)")
            tally.lost += answers.acknowledged.count
        }
        var verifier = LogVerifier(keys: [keys.first.verifierKey, keys.second.verifierKey])
        verifier.fileSystem = survivor.fileSystem
        verifier.disclosuresDirectory = "/disk/audit/disclosures"
        verifier.checksRecords = true
        let report = verifier.verify(directory: "/disk/audit")
        #expect(report.problems == [], "\(point), seed \(seed)")
        if !report.isVerified { tally.unverifiable += 1 }
    }

    /// How many acknowledged records are not where they were said to be; what was erased must be gone.
    private static func lost(
        _ disk: SimulatedDisk, _ keys: PowerCutScenario.Keys, _ answers: PowerCutScenario.Answers, _ name: String
    ) throws -> Int {
        let log = try OpenedLog(
            directory: "/disk/audit", keys: [keys.first.verifierKey, keys.second.verifierKey],
            fileSystem: disk.fileSystem)
        var found: [UInt64: String] = [:]
        for number in log.firstIndex >> 8..<log.bundleCount {
            let bundle = try log.bundle(number)
            for place in bundle.entries.indices {
                let record = try JSONValue.parse(Array(bundle.leaf(place))).objectValue
                found[bundle.firstIndex + UInt64(place)] = record?["id"]?.stringValue
            }
            if number == 0 {
                let lines = bundle.disclosures.split(separator: 0x0A).compactMap { Bundle.index(ofLine: $0) }
                #expect(!lines.contains { answers.erased.contains($0) }, "\(name)")
            }
        }
        let lost = answers.acknowledged.filter { $0.key >= log.firstIndex && found[$0.key] != $0.value }
        #expect(lost.isEmpty, "\(name): lost are \(lost.keys.sorted())")
        return lost.count
    }
}
