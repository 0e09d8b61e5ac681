// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import AuditLog

@Suite("Archive: full bundles and tiles under the same paths, written once", .timeLimit(.minutes(30)))
struct DirectoryArchiveTests {
    @Test("what is archived may be pruned; put back it verifies with the rest")
    func archives() async throws {
        let fixture = try LogFixture()
        let target = fixture.directory + "-archive"
        defer { try? FileManager.default.removeItem(atPath: target) }
        let log = try fixture.open()
        _ = await LogFixture.append(700, to: log)
        try await eventually { log.status.checkpointSize >= 701 }
        let archive = DirectoryArchive(of: fixture.directory, in: target)
        #expect(try archive.advance(from: 0, atMost: 1) == 256)
        let below = try archive.advance(from: 256)
        #expect(below == 512)
        #expect(try archive.advance(from: 0) == 512)
        for path in ["log/tile/entries/000", "log/tile/entries/001", "log/tile/0/001", "log/checkpoint"] {
            #expect(FileManager.default.fileExists(atPath: "\(target)/\(path)"), "\(path)")
        }
        #expect(!FileManager.default.fileExists(atPath: "\(target)/disclosures"))
        let copy = LogVerifier(keys: [fixture.key.verifierKey]).verify(directory: target + "/log")
        #expect((copy.problems, copy.size) == ([], 701), "the archive verifies by itself")
        _ = try await log.prune(RetentionPlan(disclosures: 0..<0, leaves: 0..<below))
        #expect(try archive.advance(from: 0) == 512)
        await log.close()
        #expect(fixture.verify().prunedBelow == 512)
        for path in ["log/tile/entries/000", "log/tile/entries/001"] {
            try FileManager.default.copyItem(atPath: "\(target)/\(path)", toPath: fixture.path(path))
        }
        let report = LogVerifier(keys: [fixture.key.verifierKey]).verify(directory: fixture.path("log"))
        #expect(report.problems == [])
        #expect(report.prunedBelow == 0)
    }

    @Test("a log that went back to an older state does not take the newer checkpoint away")
    func olderState() async throws {
        let fixture = try LogFixture()
        let target = fixture.directory + "-archive"
        defer { try? FileManager.default.removeItem(atPath: target) }
        let log = try fixture.open()
        _ = await LogFixture.append(300, to: log)
        await log.close()
        let old = try fixture.copy()
        let next = try fixture.open()
        _ = await LogFixture.append(10, to: next)
        await next.close()
        _ = try DirectoryArchive(of: fixture.directory, in: target).advance(from: 0)
        let newest = try Data(contentsOf: URL(fileURLWithPath: target + "/log/checkpoint"))
        #expect(throws: AuditLogError.self) { try DirectoryArchive(of: old.directory, in: target).advance(from: 0) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: target + "/log/checkpoint")) == newest)
    }

    @Test("something else under a path is refused, and never changed")
    func writesOnce() async throws {
        let fixture = try LogFixture()
        let target = fixture.directory + "-archive"
        defer { try? FileManager.default.removeItem(atPath: target) }
        let log = try fixture.open()
        _ = await LogFixture.append(300, to: log)
        await log.close()
        let archive = DirectoryArchive(of: fixture.directory, in: target)
        #expect(try archive.advance(from: 0) == 256)
        let path = URL(fileURLWithPath: "\(target)/log/tile/entries/000")
        try Data([1, 2, 3]).write(to: path)
        #expect(throws: AuditLogError.self) { try archive.advance(from: 0) }
        #expect(try Data(contentsOf: path) == Data([1, 2, 3]))
    }
}
