// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Testing

@testable import AuditLog

@Suite("Verification of a log directory", .timeLimit(.minutes(30)))
struct LogVerifierTests {
    private static func closedLog(_ count: Int) async throws -> LogFixture {
        let fixture = try LogFixture()
        let log = try fixture.open()
        _ = await LogFixture.append(count, to: log)
        await log.close()
        return fixture
    }

    private static func files(_ fixture: LogFixture) throws -> [String] {
        let all = try #require(FileManager.default.subpaths(atPath: fixture.directory))
        return all.filter { path in
            var isDirectory = ObjCBool(false)
            let isThere = FileManager.default.fileExists(atPath: fixture.path(path), isDirectory: &isDirectory)
            return isThere && !isDirectory.boolValue && path != "LOCK"
        }
    }

    @Test("a changed byte in any file is noticed")
    func noticesChangedBytes() async throws {
        let fixture = try await Self.closedLog(300)
        #expect(fixture.verify().isVerified)
        let files = try Self.files(fixture)
        #expect(files.count >= 9)
        for file in files {
            let bytes = try fixture.bytes(file)
            for place in [0, bytes.count / 3, bytes.count / 2, bytes.count - 2] {
                var changed = bytes
                changed[place] ^= 1
                try fixture.write(changed, to: file)
                #expect(!fixture.verify().isVerified, "byte \(place) of \(file)")
            }
            try fixture.write(bytes, to: file)
        }
        #expect(fixture.verify().isVerified)
    }

    @Test("a shortened or missing file is noticed")
    func noticesMissingFiles() async throws {
        let fixture = try await Self.closedLog(300)
        for file in try Self.files(fixture) where file.hasPrefix("log/") {
            let bytes = try fixture.bytes(file)
            try fixture.write(Array(bytes.dropLast(33)), to: file)
            #expect(!fixture.verify().isVerified, "\(file) shortened")
            try fixture.write(bytes, to: file)
        }
        try FileManager.default.removeItem(atPath: fixture.path("log/tile/entries/000"))
        #expect(fixture.verify().firstBadIndex == 0)
    }

    @Test("the first bad entry is named")
    func namesFirstBadEntry() async throws {
        let fixture = try await Self.closedLog(300)
        var bytes = try fixture.bytes("log/tile/entries/001.p/46")
        let entries = try #require(Bundle.split(bytes, count: 46))
        bytes[entries[7].lowerBound + 40] ^= 2
        try fixture.write(bytes, to: "log/tile/entries/001.p/46")
        #expect(LogVerifier(keys: [fixture.key.verifierKey]).verify(directory: fixture.directory).firstBadIndex == 263)
    }

    @Test("the first bad entry of a full bundle is named, whether its bytes or its length were changed")
    func namesFirstBadEntryOfFullBundle() async throws {
        let fixture = try await Self.closedLog(600)
        let path = "log/tile/entries/001"
        let bytes = try fixture.bytes(path)
        let entries = try #require(Bundle.split(bytes, count: 256))
        for place in [entries[9].lowerBound + 40, entries[9].lowerBound - 1, entries[9].lowerBound - 2] {
            var changed = bytes
            changed[place] ^= 2
            try fixture.write(changed, to: path)
            let report = LogVerifier(keys: [fixture.key.verifierKey]).verify(directory: fixture.directory)
            #expect(report.firstBadIndex == 265, "byte \(place): \(report.problems)")
        }
    }

    @Test("an old checkpoint of the log is continued, one of a fork is not")
    func comparesOldCheckpoints() async throws {
        let fixture = try await Self.closedLog(5)
        let old = try fixture.bytes("log/checkpoint")
        let log = try fixture.open()
        _ = await LogFixture.append(400, to: log)
        await log.close()
        var verifier = LogVerifier(keys: [fixture.key.verifierKey])
        verifier.oldCheckpoints = [old]
        let report = verifier.verify(directory: fixture.directory)
        #expect(report.isVerified)
        #expect(report.oldCheckpoints == 1)
        let fork = Checkpoint(origin: "test/one", size: 7, root: TreeHash.leaf([1]))
        verifier.oldCheckpoints = [fork.note(signedBy: [fixture.key]).bytes]
        #expect(!verifier.verify(directory: fixture.directory).isVerified)
    }

    @Test("the published half is verified alone, and only under the right key")
    func verifiesPublishedHalf() async throws {
        let fixture = try await Self.closedLog(20)
        let verifier = LogVerifier(keys: [fixture.key.verifierKey])
        #expect(verifier.verify(directory: fixture.path("log")).isVerified)
        let other = LogVerifier(keys: [try LogSigningKey(origin: "test/one").verifierKey])
        #expect(!other.verify(directory: fixture.path("log")).isVerified)
    }

    @Test("every record is found by index and by id, with its proof", arguments: [1, 255, 256, 600])
    func showsRecords(count: Int) async throws {
        let fixture = try await Self.closedLog(count)
        let reader = LogReader(directory: fixture.directory, keys: [fixture.key.verifierKey])
        for index in stride(from: 0, to: count + 2, by: 37) {
            let byIndex = try reader.show("\(index)")
            #expect(byIndex.index == UInt64(index))
            #expect(byIndex.isInCheckpoint)
            let id = try #require(JSONValue.parse(byIndex.leaf).objectValue?["id"]?.stringValue)
            #expect(try reader.show(id) == byIndex)
        }
        #expect(throws: AuditLogError.notFound("\(count + 2)")) { try reader.show("\(count + 2)") }
    }
}
