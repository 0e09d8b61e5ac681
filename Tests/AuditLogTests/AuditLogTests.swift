// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Testing

@testable import AuditLog

@Suite("Audit log: append, recovery and refusal to fork", .timeLimit(.minutes(30)))
struct AuditLogTests {
    @Test("every acknowledged record is under the last checkpoint", arguments: [0, 1, 253, 254, 255, 256, 998])
    func roundTrip(count: Int) async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        let results = await LogFixture.append(count, to: log)
        let indexes = try results.map { try $0.get().leafIndex }
        #expect(indexes.compactMap(\.self).sorted() == (0..<UInt64(count)).map { $0 + 1 })
        await log.close()
        // The boot and the shutdown record count as well.
        #expect(try fixture.checkpoint.size == UInt64(count) + 2)
        let report = fixture.verify()
        #expect(report.problems == [])
        #expect(report.entries == UInt64(count) + 2)
        #expect(report.disclosures == UInt64(count))
        let again = try fixture.open()
        #expect(again.status.durableSize == UInt64(count) + 3)
        await again.close()
        #expect(fixture.verify().problems == [])
    }

    @Test("records that only the segments hold are recovered")
    func recoversFromSegments() async throws {
        let fixture = try LogFixture()
        var configuration = fixture.configuration
        configuration.checkpointInterval = .seconds(86_400)
        let log = try AuditLog.open(configuration)
        _ = await LogFixture.append(100, to: log)
        let copy = try fixture.copy()
        #expect(try copy.bytes("log.vkey") == fixture.bytes("log.vkey"))
        let recovered = try copy.open()
        #expect(recovered.status.durableSize == 102)
        await recovered.close()
        #expect(try copy.checkpoint.size == 103)
        #expect(copy.verify().problems == [])
        let reader = LogReader(directory: fixture.directory, keys: [fixture.key.verifierKey])
        let tail = try reader.show("50")
        #expect(!tail.isInCheckpoint)
        #expect(tail.disclosures == [Disclosure(name: "sub", value: "alice")])
        await log.close()
    }

    @Test("a second writer is refused")
    func refusesSecondWriter() async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        #expect(throws: AuditLogError.alreadyInUse(directory: fixture.directory)) { try fixture.open() }
        await log.close()
    }
}
