// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import AuditLog

@Suite(
    "Witness: cosigns what continues the checkpoint before, and nothing else (C2SP tlog-witness)",
    .timeLimit(.minutes(30)))
struct WitnessTests {
    private let fixture: LogFixture
    private let witness: Witness
    private let folder: String

    init() throws {
        fixture = try LogFixture()
        folder = fixture.directory + "-witness"
        let key = try LogSigningKey(origin: "test/witness", kind: .witness)
        witness = try Witness(directory: folder, key: key, logs: [fixture.key.verifierKey])
    }

    private func grow(_ count: Int) async throws {
        let log = try fixture.open()
        _ = await LogFixture.append(count, to: log)
        await log.close()
    }

    private func submission() throws -> WitnessSubmission { try WitnessSubmission(directory: fixture.directory) }

    @Test("a growing log is cosigned again and again; the cosigned checkpoint verifies with its quorum")
    func cosigns() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var old: UInt64 = 0
        for count in [3, 0, 400, 1] {
            let log = try fixture.open()
            _ = await LogFixture.append(count, to: log)
            try await eventually { log.status.checkpointSize == log.status.durableSize }
            let submission = try submission()
            let answer = witness.addCheckpoint(try submission.body(old: old), at: 1_800_000_000)
            #expect(answer.status == 200, "\(answer.body)")
            let cosignature = try #require(
                submission.cosignature(in: Array(answer.body.utf8), of: witness.verifierKey))
            log.add([cosignature])
            try await eventually {
                let note = try SignedNote(parsing: fixture.bytes("log/checkpoint"))
                return try note.cosigners(among: [witness.verifierKey]).count == 1
                    && Checkpoint(parsing: note.text).size == submission.size
            }
            old = submission.size
            await log.close()
            var verifier = fixture.verifier
            (verifier.witnessKeys, verifier.quorum) = ([witness.verifierKey], 1)
            let report = verifier.verify(directory: fixture.directory)
            // The shutdown record is newer than the cosigned checkpoint, which the log continues.
            #expect(report.problems == [])
            #expect(report.witnessedSize == submission.size)
        }
    }

    @Test("the last checkpoint of a log that is closed is cosigned too")
    func cosignsLast() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = fixture.configuration
        configuration.cosignLast = { [fixture, witness] in
            guard let submission = try? WitnessSubmission(directory: fixture.directory),
                let body = try? submission.body(old: 0)
            else { return [] }
            let answer = witness.addCheckpoint(body, at: 7)
            return [submission.cosignature(in: Array(answer.body.utf8), of: witness.verifierKey)].compactMap { $0 }
        }
        let log = try AuditLog.open(configuration)
        _ = await LogFixture.append(9, to: log)
        await log.close()
        let note = try SignedNote(parsing: fixture.bytes("log/checkpoint"))
        #expect(note.cosigners(among: [witness.verifierKey]).count == 1)
        #expect(fixture.verify().problems == [])
    }

    @Test("forks, replays, strangers and bad proofs are told apart")
    func refuses() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await grow(300)
        let first = try submission()
        #expect(witness.addCheckpoint(try first.body(old: 0), at: 1).status == 200)
        // A second time from the old size: the size that is known is told.
        let conflict = witness.addCheckpoint(try first.body(old: 0), at: 2)
        #expect(conflict.status == 409)
        #expect(conflict.body == "\(first.size)\n")
        #expect(conflict.contentType == "text/x.tlog.size")
        try await grow(10)
        let second = try submission()
        #expect(witness.addCheckpoint(try second.body(old: 5), at: 3).status == 409)
        var request = try #require(WitnessRequest(parsing: try second.body(old: first.size)))
        let wrong = WitnessRequest(
            old: request.old, hashes: request.hashes.reversed(), note: request.note)
        #expect(witness.addCheckpoint(wrong.body, at: 3).status == 422)
        #expect(witness.addCheckpoint(Array("old 1\n".utf8), at: 3).status == 400)
        #expect(witness.addCheckpoint(Array("old 01\n\n".utf8) + request.note.bytes, at: 3).status == 400)
        // The same log under the right name, another history.
        let fork = Checkpoint(origin: "test/one", size: second.size, root: TreeHash.leaf([1]))
        request = WitnessRequest(old: request.old, hashes: request.hashes, note: fork.note(signedBy: [fixture.key]))
        #expect(witness.addCheckpoint(request.body, at: 3).status == 422)
        let same = Checkpoint(origin: "test/one", size: first.size, root: TreeHash.leaf([1]))
        request = WitnessRequest(old: first.size, hashes: [], note: same.note(signedBy: [fixture.key]))
        #expect(witness.addCheckpoint(request.body, at: 3).status == 409)
        let stranger = try LogSigningKey(origin: "test/one")
        request = WitnessRequest(old: first.size, hashes: [], note: same.note(signedBy: [stranger]))
        #expect(witness.addCheckpoint(request.body, at: 3).status == 403)
        let other = try LogSigningKey(origin: "test/other")
        let unknown = Checkpoint(origin: "test/other", size: 1, root: TreeHash.leaf([1]))
        request = WitnessRequest(old: 0, hashes: [], note: unknown.note(signedBy: [other]))
        #expect(witness.addCheckpoint(request.body, at: 3).status == 404)
        request = WitnessRequest(old: 9999, hashes: [], note: same.note(signedBy: [fixture.key]))
        #expect(witness.addCheckpoint(request.body, at: 3).status == 400)
        // What was cosigned is remembered over a restart of the witness.
        let again = try Witness(
            directory: folder, key: LogSigningKey(origin: "test/witness", kind: .witness),
            logs: [fixture.key.verifierKey])
        #expect(again.addCheckpoint(try second.body(old: 0), at: 4).body == "\(first.size)\n")
        #expect(again.addCheckpoint(try second.body(old: first.size), at: 4).status == 200)
        #expect(throws: AuditLogError.self) { try first.body(old: second.size) }
    }
}
