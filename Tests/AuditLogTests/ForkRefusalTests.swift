// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import AuditLog

@Suite("Audit log: what it refuses to continue", .timeLimit(.minutes(30)))
struct ForkRefusalTests {
    @Test(
        "a directory whose newest signed state is gone or older is not signed on",
        arguments: [["state.json"], ["state.json", "log/checkpoint"], ["log/tile/0"], ["log/tile/entries"]])
    func refuses(lost: [String]) async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        _ = await LogFixture.append(300, to: log)
        await log.close()
        for path in lost { try FileManager.default.removeItem(atPath: fixture.path(path)) }
        #expect(throws: AuditLogError.self) { try fixture.open() }
    }

    @Test("a restored backup of the published files is not signed on")
    func refusesBackup() async throws {
        let fixture = try LogFixture()
        let first = try fixture.open()
        _ = await LogFixture.append(10, to: first)
        await first.close()
        let backup = try fixture.copy()
        let second = try fixture.open()
        _ = await LogFixture.append(10, to: second)
        await second.close()
        try FileManager.default.removeItem(atPath: fixture.path("log"))
        try FileManager.default.copyItem(atPath: backup.path("log"), toPath: fixture.path("log"))
        let error = #expect(throws: AuditLogError.self) { try fixture.open() }
        guard case .wouldFork(signedSize: 24, _) = error else {
            Issue.record("not refused as a fork: \(String(describing: error))")
            return
        }
    }
}
