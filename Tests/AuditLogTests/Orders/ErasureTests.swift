// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Synchronization
import Testing

@testable import AuditLog

@Suite("Erasure: record first, then the personal data goes from every file", .timeLimit(.minutes(30)))
struct ErasureTests {
    private static let notes: JSONObject = {
        var notes = JSONObject()
        notes.append("reason", "request of the person")
        notes.append("ticket", "PRIV-7")
        return notes
    }()

    private static func append(_ subject: String, of issuer: String? = nil, to log: AuditLog) async {
        await withCheckedContinuation { continuation in
            log.append(LogFixture.record(boot: log.boot, subject: subject, issuer: issuer), on: LogFixture.loop) { _ in
                continuation.resume()
            }
        }
    }

    /// Whether some file of the log still opens a commitment to the subject.
    private static func holds(_ subject: String, _ fixture: LogFixture) throws -> Bool {
        for path in try #require(FileManager.default.subpaths(atPath: fixture.directory)) {
            guard let data = FileManager.default.contents(atPath: fixture.path(path)) else { continue }
            for quoted in String(decoding: data, as: UTF8.self).split(separator: "\"") {
                guard let bytes = Base64.decode(quoted.utf8, .urlSafe) else { continue }
                if String(decoding: bytes, as: UTF8.self).contains("\"\(subject)\"") { return true }
            }
        }
        return false
    }

    @Test("the subject's values are gone, everybody else's stay, and the log verifies", arguments: [0, 254, 300, 600])
    func erasesSubject(others: Int) async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        await Self.append("mallory", to: log)
        _ = await LogFixture.append(others, to: log)
        await Self.append("mallory", to: log)
        #expect(try Self.holds("mallory", fixture))
        let receipt = try await log.erase(ErasureRequest(.subject("mallory"), notes: Self.notes))
        #expect(receipt.entries == [1, UInt64(others) + 2])
        #expect(receipt.fields == ["sub"])
        #expect(try !Self.holds("mallory", fixture), "while the log runs")
        _ = await LogFixture.append(3, to: log)
        await log.close()
        #expect(try !Self.holds("mallory", fixture))
        let report = fixture.verify()
        #expect(report.problems == [])
        #expect(report.disclosures == UInt64(others) + 3)
        let record = try LogReader(directory: fixture.directory, keys: [fixture.key.verifierKey])
            .show("\(try #require(receipt.records.first))")
        let erasure = try JSONValue.parse(record.leaf).objectValue?["erasure"]?.objectValue
        #expect(erasure?["ticket"]?.stringValue == "PRIV-7")
        #expect(erasure?["fields"]?.arrayValue == ["sub"])
    }

    @Test("records that stand in a segment only are erased from it")
    func erasesUnpublished() async throws {
        let fixture = try LogFixture()
        var configuration = fixture.configuration
        configuration.checkpointInterval = .milliseconds(400)
        let log = try AuditLog.open(configuration)
        await Self.append("mallory", to: log)
        #expect(try Self.holds("mallory", fixture))
        _ = try await log.erase(ErasureRequest(.entries([1]), notes: Self.notes))
        #expect(try !Self.holds("mallory", fixture))
        await log.close()
        #expect(fixture.verify().problems == [])
    }

    @Test("what does not exist or is not disclosed is refused; a second time there is nothing left")
    func refuses() async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        await Self.append("mallory", to: log)
        for request in [
            ErasureRequest(.subject("nobody"), notes: Self.notes), ErasureRequest(.entries([99]), notes: Self.notes),
            ErasureRequest(.entries([0]), notes: Self.notes),
            ErasureRequest(.subject("mallory"), fields: ["email"], notes: Self.notes),
        ] { await #expect(throws: AuditLogError.self) { try await log.erase(request) } }
        _ = try await log.erase(ErasureRequest(.subject("mallory"), notes: Self.notes))
        await #expect(throws: AuditLogError.self) {
            try await log.erase(ErasureRequest(.subject("mallory"), notes: Self.notes))
        }
        await #expect(throws: AuditLogError.self) { try await log.appendAdministrative(type: "erasure") }
        await log.close()
    }

    @Test("the same subject of two issuers is two people: the one that is meant must be named")
    func tellsIssuersApart() async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        await Self.append("alice", of: "https://north", to: log)
        await Self.append("alice", of: "https://south", to: log)
        // Somebody who looked for alice: nobody can tell which.
        await Self.append("alice", to: log)
        await Self.append("bob", of: "https://south", to: log)
        await #expect(throws: AuditLogError.severalIssuers(["https://north", "https://south"])) {
            try await log.erase(ErasureRequest(.subject("alice"), notes: Self.notes))
        }
        await #expect(throws: AuditLogError.self) {
            try await log.erase(ErasureRequest(.subject("bob", issuer: "https://north"), notes: Self.notes))
        }
        let north = try await log.erase(ErasureRequest(.subject("alice", issuer: "https://north"), notes: Self.notes))
        #expect(north.entries == [1, 3])
        #expect(try Self.holds("alice", fixture))
        // Now one issuer is left.
        #expect(try await log.erase(ErasureRequest(.subject("alice"), notes: Self.notes)).entries == [2])
        #expect(try !Self.holds("alice", fixture))
        #expect(try Self.holds("bob", fixture))
        await log.close()
        #expect(fixture.verify().problems == [])
    }

    @Test("what is derived from the log is told until it has forgotten, over a restart too")
    func finishesElsewhere() async throws {
        let fixture = try LogFixture()
        var configuration = fixture.configuration
        let calls = Mutex<[[Range<UInt64>]]>([])
        configuration.erase = { entries, done in
            let count = calls.withLock { calls in
                calls.append(entries)
                return calls.count
            }
            // Twice it fails, and the third time the process ends before there is an answer.
            if count < 3 { done(false) }
        }
        let log = try AuditLog.open(configuration)
        await Self.append("mallory", to: log)
        let erasure = Task { try await log.erase(ErasureRequest(.subject("mallory"), notes: Self.notes)) }
        try await eventually { calls.withLock { $0.count } == 3 }
        #expect(try !Self.holds("mallory", fixture))
        #expect(log.status.pendingOrders == 1)
        await log.close()
        await #expect(throws: AuditLogError.closed) { try await erasure.value }
        configuration.erase = { entries, done in
            calls.withLock { $0.append(entries) }
            done(true)
        }
        let again = try AuditLog.open(configuration)
        try await eventually { again.status.pendingOrders == 0 && calls.withLock { $0.count } == 4 }
        await again.close()
        #expect(calls.withLock { $0 }.allSatisfy { $0 == [1..<2] })
        #expect(fixture.verify().problems == [])
    }
}
