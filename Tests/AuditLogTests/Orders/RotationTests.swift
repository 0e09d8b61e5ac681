// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import AuditLog

@Suite("Rotation of the log key: record first, both keys for a while, then the new one", .timeLimit(.minutes(30)))
struct RotationTests {
    private static func signers(_ fixture: LogFixture, _ keys: [LogSigningKey]) throws -> [VerifierKey] {
        try SignedNote(parsing: fixture.bytes("log/checkpoint")).signers(among: keys.map(\.verifierKey))
    }

    private static func isUnusable(_ error: any Error) -> Bool {
        if case .unusableKey = error as? AuditLogError { true } else { false }
    }

    @Test("both sign until the overlap ends, and everybody who knows either key verifies")
    func bothThenNew() async throws {
        let fixture = try LogFixture()
        let second = try LogSigningKey(origin: "test/one")
        var configuration = fixture.configuration
        let log = try AuditLog.open(configuration)
        _ = await LogFixture.append(3, to: log)
        _ = try await log.rotate(to: second)
        #expect(try Self.signers(fixture, [fixture.key, second]).count == 2)
        #expect(log.status.signingKeys == [fixture.key, second].map(\.verifierKey.hexadecimalKeyID))
        #expect(log.status.rotationUntil != nil)
        await #expect(throws: AuditLogError.self) { try await log.rotate(to: second) }
        await log.close()
        #expect(fixture.verify().problems == [])
        var verifier = fixture.verifier
        verifier.keys = [second.verifierKey]
        #expect(verifier.verify(directory: fixture.directory).problems == [])
        let text = String(decoding: try fixture.bytes("log.vkey"), as: UTF8.self)
        #expect(text == "\(fixture.key.verifierKey)\n\(second.verifierKey)\n")
        // The next start needs both, whichever is named first.
        let until = try #require(log.status.rotationUntil)
        #expect {
            try AuditLog.open(configuration)
        } throws: { error in
            let text = "\(error)"
            return [fixture.key, second].allSatisfy { text.contains($0.verifierKey.hexadecimalKeyID) }
                && text.contains("\(until)") && text.contains("`audit.key` and `audit.next_key`")
        }
        (configuration.key, configuration.otherKeys) = (second, [fixture.key])
        let again = try AuditLog.open(configuration)
        _ = await LogFixture.append(3, to: again)
        await again.close()
        #expect(try Self.signers(fixture, [fixture.key, second]).count == 2)
        #expect(fixture.verify().problems == [])
    }

    @Test("after the overlap the new key signs alone and the old one is no longer needed")
    func newAlone() async throws {
        let fixture = try LogFixture()
        let second = try LogSigningKey(origin: "test/one")
        var configuration = fixture.configuration
        let log = try AuditLog.open(configuration)
        _ = try await log.rotate(to: second, overlap: .zero)
        _ = await LogFixture.append(3, to: log)
        await log.close()
        #expect(throws: SignedNote.Problem.unsigned) { try Self.signers(fixture, [fixture.key]) }
        #expect {
            try AuditLog.open(configuration)
        } throws: { Self.isUnusable($0) }
        configuration.key = second
        let again = try AuditLog.open(configuration)
        _ = await LogFixture.append(3, to: again)
        await again.close()
        var verifier = fixture.verifier
        verifier.keys = [second.verifierKey]
        #expect(verifier.verify(directory: fixture.directory).problems == [])
    }

    @Test("a key that no record names does not take the log over")
    func refusesOtherKey() async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        await log.close()
        var configuration = fixture.configuration
        configuration.key = try LogSigningKey(origin: "test/one")
        #expect {
            try AuditLog.open(configuration)
        } throws: { Self.isUnusable($0) }
        configuration.otherKeys = [fixture.key]
        let again = try AuditLog.open(configuration)
        await again.close()
        #expect(try Self.signers(fixture, [fixture.key]).count == 1)
        #expect(fixture.verify().problems == [])
    }
}
