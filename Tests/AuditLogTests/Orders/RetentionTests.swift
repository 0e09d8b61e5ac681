// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Testing

@testable import AuditLog

@Suite("Retention: what served its term goes, hashes stay, holds stop it", .timeLimit(.minutes(30)))
struct RetentionTests {
    private static let none = RetentionTerms(disclosures: .zero, leaves: .zero)
    /// Every record written so far is older than this moment.
    private static var later: AuditTimestamp {
        AuditTimestamp(microseconds: AuditTimestamp.now.microseconds + 1_000_000)
    }

    @Test("disclosures and leaves of whole bundles go, and the log verifies with what is left")
    func prunes() async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        _ = await LogFixture.append(700, to: log)
        try await eventually { log.status.checkpointSize >= 701 }
        let plan = try await log.retentionPlan(Self.none, archivedBelow: 300, now: Self.later)
        #expect(plan == RetentionPlan(disclosures: 0..<512, leaves: 0..<256))
        #expect(try await log.prune(plan).count == 2)
        #expect(log.status.minimumIndex == 256)
        #expect(log.status.disclosuresFrom == 512)
        for path in ["disclosures/000.jsonl", "disclosures/001.jsonl", "log/tile/entries/000"] {
            #expect(!FileManager.default.fileExists(atPath: fixture.path(path)), "\(path)")
        }
        #expect(FileManager.default.fileExists(atPath: fixture.path("log/tile/0/000")))
        #expect(FileManager.default.fileExists(atPath: fixture.path("log/tile/entries/001")))
        #expect(try await log.retentionPlan(Self.none, archivedBelow: 300, now: Self.later).leaves.isEmpty)
        await log.close()
        let again = try fixture.open()
        _ = await LogFixture.append(300, to: again)
        await again.close()
        let report = fixture.verify()
        #expect(report.problems == [])
        #expect(report.prunedBelow == 256)
        #expect(report.entries == report.size - 256)
        // The published half says it by itself.
        #expect(LogVerifier(keys: [fixture.key.verifierKey]).verify(directory: fixture.path("log")).isVerified)
        // An inclusion proof of a pruned entry still comes from the tiles.
        let tiles = TileReader(directory: LogDirectory(path: fixture.directory, fileSystem: .posix))
        let proof = try tiles.inclusionProof(index: 7, size: report.size)
        let leaf = try tiles.hashes(level: 0, index: 0, width: 256)[7]
        #expect(try proof.root(fromLeafHash: leaf) == fixture.checkpoint.root)
    }

    @Test("bundles that nobody ordered to go are missed")
    func missesBundles() async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        _ = await LogFixture.append(600, to: log)
        let plan = RetentionPlan(disclosures: 0..<0, leaves: 0..<256)
        try await eventually { log.status.checkpointSize >= 601 }
        _ = try await log.prune(plan)
        await log.close()
        #expect(fixture.verify().isVerified)
        try FileManager.default.removeItem(atPath: fixture.path("log/tile/entries/001"))
        #expect(fixture.verify().firstBadIndex == 0)
    }

    @Test("a legal hold stops pruning until it is released, and erasure unless told otherwise")
    func holds() async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        _ = await LogFixture.append(300, to: log)
        try await eventually { log.status.checkpointSize >= 301 }
        _ = try await log.hold("case-7", isSet: true, notes: JSONObject())
        #expect(log.status.holds == ["case-7"])
        let plan = try await log.retentionPlan(Self.none, archivedBelow: 0, now: Self.later)
        await #expect(throws: AuditLogError.held(by: ["case-7"])) { try await log.prune(plan) }
        var erasure = ErasureRequest(.entries([5]), notes: JSONObject())
        await #expect(throws: AuditLogError.held(by: ["case-7"])) { try await log.erase(erasure) }
        erasure.despiteHolds = true
        _ = try await log.erase(erasure)
        await log.close()
        #expect(fixture.verify().problems == [])
        let again = try fixture.open()
        #expect(again.status.holds == ["case-7"])
        await #expect(throws: AuditLogError.self) { try await again.hold("x", isSet: false, notes: JSONObject()) }
        _ = try await again.hold("case-7", isSet: false, notes: JSONObject())
        #expect(try await again.prune(plan).count == 1)
        await again.close()
        #expect(fixture.verify().problems == [])
    }

    @Test("a term counts from each record's own time", arguments: [(0, 512), (3600, 0)] as [(Int64, UInt64)])
    func counts(seconds: Int64, expected: UInt64) async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        _ = await LogFixture.append(600, to: log)
        try await eventually { log.status.checkpointSize >= 601 }
        let terms = RetentionTerms(disclosures: .seconds(seconds), leaves: .seconds(seconds))
        let plan = try await log.retentionPlan(terms, archivedBelow: 10_000, now: Self.later)
        #expect(plan == RetentionPlan(disclosures: 0..<expected, leaves: 0..<expected))
        await log.close()
    }
}
