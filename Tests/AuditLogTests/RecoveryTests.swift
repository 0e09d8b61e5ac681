// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import AuditLog

@Suite("Recovery: torn tails are cut, damage and forks are refused", .timeLimit(.minutes(30)))
struct RecoveryTests {
    private static let segment = "wal/00000000000000000000.wal"

    /// A copy of a running log whose records stand in its first segment only, one batch for each.
    private static func unpublished(_ count: Int) async throws -> LogFixture {
        let fixture = try LogFixture()
        var configuration = fixture.configuration
        configuration.checkpointInterval = .seconds(86_400)
        let log = try AuditLog.open(configuration)
        for _ in 0..<count { _ = await LogFixture.append(1, to: log) }
        let copy = try fixture.copy()
        log.abandon()
        await log.waitUntilFinished()
        return copy
    }

    private static func frames(_ bytes: [UInt8]) -> [Range<Int>] {
        bytes.withUnsafeBytes { buffer in
            var frames: [Range<Int>] = []
            while let frame = SegmentFrame.read(buffer, at: frames.last?.upperBound ?? 0) {
                frames.append((frames.last?.upperBound ?? 0)..<frame.end)
            }
            return frames
        }
    }

    @Test("a torn last frame is cut")
    func cutsTornTail() async throws {
        let fixture = try await Self.unpublished(10)
        var bytes = try fixture.bytes(Self.segment)
        let last = try #require(Self.frames(bytes).last)
        bytes[last.upperBound - 5] ^= 1
        try fixture.write(bytes, to: Self.segment)
        let log = try fixture.open()
        #expect(log.status.durableSize == 11)
        await log.close()
        #expect(fixture.verify().problems == [])
    }

    @Test("a damaged frame that was durable is refused", arguments: [0, 3, 9])
    func refusesDamage(frame: Int) async throws {
        let fixture = try await Self.unpublished(10)
        var bytes = try fixture.bytes(Self.segment)
        let damaged = Self.frames(bytes)[frame]
        for index in damaged.lowerBound..<damaged.lowerBound + 12 { bytes[index] = 0 }
        try fixture.write(bytes, to: Self.segment)
        #expect(
            throws: AuditLogError.corrupted(
                file: fixture.path(Self.segment), offset: UInt64(damaged.lowerBound),
                problem: "record \(frame) was durable and cannot be read")
        ) { try fixture.open() }
    }

    @Test("segments that were taken away or cut after a kill are missed, by the start and by the verifier")
    func refusesMissingSegments() async throws {
        func isRefused(_ fixture: LogFixture) -> Bool {
            do {
                _ = try fixture.open()
                return false
            } catch {
                guard case .wouldFork(_, let problem)? = error as? AuditLogError else { return false }
                return problem.contains("did not end with a `shutdown` record")
            }
        }
        let fixture = try await Self.unpublished(10)
        let bytes = try fixture.bytes(Self.segment)
        #expect(fixture.verify().problems == [])
        try fixture.write(Array(bytes.prefix(3000)), to: Self.segment)
        #expect(isRefused(fixture))
        #expect(!fixture.verify().isVerified)
        try FileManager.default.removeItem(atPath: fixture.path("wal"))
        #expect(isRefused(fixture))
        #expect(!fixture.verify().isVerified)
        // Put back, it goes on; closed, the log needs no segment.
        try FileManager.default.createDirectory(atPath: fixture.path("wal"), withIntermediateDirectories: true)
        try fixture.write(bytes, to: Self.segment)
        let log = try fixture.open()
        #expect(log.status.durableSize == 12)
        await log.close()
        try FileManager.default.removeItem(atPath: fixture.path("wal"))
        #expect(fixture.verify().problems == [])
        try await fixture.open().close()
        #expect(fixture.verify().problems == [])
    }

    @Test("a log shorter than, or other than, what was signed is refused")
    func refusesFork() async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        _ = await LogFixture.append(10, to: log)
        await log.close()
        let older = try fixture.copy()
        let again = try fixture.open()
        _ = await LogFixture.append(10, to: again)
        await again.close()
        // The published files of an older backup beside a newer state.
        try older.write(try fixture.bytes("state.json"), to: "state.json")
        #expect(throws: AuditLogError.self) { try older.open() }
        for path in ["state.json", "log/checkpoint"] {
            try FileManager.default.removeItem(atPath: fixture.path(path))
            #expect {
                try fixture.open()
            } throws: { error in
                guard let error = error as? AuditLogError, case .wouldFork = error else { return false }
                return true
            }
        }
    }

    @Test("a copy taken at any moment of a running log verifies after recovery and holds what was acknowledged")
    func recoversCopies() async throws {
        let fixture = try LogFixture()
        var configuration = fixture.configuration
        // A copy is not made at one instant: no checkpoint may fall between its files.
        configuration.checkpointInterval = .seconds(2)
        let log = try AuditLog.open(configuration)
        for round in 1...4 {
            _ = await LogFixture.append(90, to: log)
            let durable = log.status.durableSize
            try await eventually { log.status.checkpointSize >= durable }
            _ = await LogFixture.append(5, to: log)
            let copy = try fixture.copy()
            let recovered = try copy.open()
            #expect(recovered.status.durableSize >= UInt64(round * 95 + 1))
            await recovered.close()
            #expect(copy.verify().problems == [])
        }
        await log.close()
    }
}
