// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Foundation
import Logging
import NIOPosix
import Testing

@testable import AuditArchive

@Suite("Archive in a bucket: AUDIT, section 7", .timeLimit(.minutes(30)))
struct ObjectArchiveTests {
    /// A log at rest with some administrative records; removed by the caller.
    private func log(_ count: Int) async throws -> (directory: String, key: LogSigningKey) {
        let directory = NSTemporaryDirectory() + "bucket-" + UUID().uuidString
        let key = try LogSigningKey(origin: "test/one")
        try await grow(directory, key, by: count)
        return (directory, key)
    }

    /// Writes so many records between a `boot` and a `shutdown`.
    private func grow(_ directory: String, _ key: LogSigningKey, by count: Int) async throws {
        var configuration = AuditLogConfiguration(directory: directory, origin: "test/one", key: key)
        (configuration.segmentBytes, configuration.spareSegments) = (1 << 20, 1)
        configuration.checkpointInterval = .milliseconds(20)
        configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let log = try AuditLog.open(configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count { group.addTask { try await log.appendAdministrative(type: "config.activate") } }
            try await group.waitForAll()
        }
        await log.close()
    }

    /// What a download of the bucket is, with the content coding taken off.
    private func download(_ store: LoopbackStore) throws -> String {
        let target = NSTemporaryDirectory() + "copy-" + UUID().uuidString
        for path in store.paths where path.contains("/log/") {
            let name = String(path.dropFirst("/evidence/".count))
            let object = try #require(store[name])
            let file = URL(fileURLWithPath: "\(target)/\(name.dropFirst("one/".count))")
            let isPacked = object.fields["content-encoding"] == "gzip"
            let bytes = isPacked ? GzipCoding.decompress(object.bytes, limit: 1 << 24) : object.bytes
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(try #require(bytes)).write(to: file)
        }
        return target
    }

    @Test("a download verifies; what is there is not sent again; a longer log goes on from there")
    func grows() async throws {
        let (directory, key) = try await log(600)
        let server = try await LoopbackStore.open()
        defer {
            server.close()
            try? FileManager.default.removeItem(atPath: directory)
        }
        let archive = ObjectArchive(of: directory, in: try server.client(), parallel: 4)
        #expect(try await archive.advance(from: 0, atMost: 1).end == 256)
        #expect(server["one/log/checkpoint"] == nil, "what is not whole has no checkpoint")
        #expect(try await archive.advance(from: 256, atMost: 64).end == 512)
        #expect(server["one/log/tile/entries/000"]?.fields["content-encoding"] == "gzip")
        #expect(server["one/log/tile/0/000"]?.fields["content-encoding"] == nil)
        #expect(server["one/log/checkpoint"]?.fields["if-none-match"] == nil)
        #expect(server["one/log/checkpoints/602"]?.fields["if-none-match"] == "*")
        #expect(try await archive.advance(from: 0, atMost: 64).objects == 0, "everything is there")
        try await grow(directory, key, by: 300)
        let next = try await archive.advance(from: 512, atMost: 64)
        #expect((next.end, next.conflicts) == (768, []))
        let copy = try download(server)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let report = LogVerifier(keys: [key.verifierKey]).verify(directory: copy + "/log")
        #expect(report.problems == [])
        #expect(report.size == 904)
    }

    @Test("an object that holds something else is told, never changed, and stops nothing else")
    func conflict() async throws {
        let (directory, _) = try await log(600)
        let server = try await LoopbackStore.open()
        defer {
            server.close()
            try? FileManager.default.removeItem(atPath: directory)
        }
        let other = LoopbackStore.Object(bytes: [1, 2, 3], fields: [:])
        server["one/log/tile/entries/000"] = other
        let archive = ObjectArchive(of: directory, in: try server.client(), parallel: 4)
        let progress = try await archive.advance(from: 0, atMost: 64)
        #expect(progress.conflicts == ["log/tile/entries/000"])
        #expect(server["one/log/tile/entries/000"] == other)
        #expect(server["one/log/tile/entries/001"] != nil)
        #expect(server["one/log/checkpoint"] == nil)
    }

    @Test("a log that went back to an older state does not take the newer checkpoint away")
    func olderState() async throws {
        let (directory, key) = try await log(300)
        let copy = directory + "-old"
        try FileManager.default.copyItem(atPath: directory, toPath: copy)
        let server = try await LoopbackStore.open()
        defer {
            server.close()
            for path in [directory, copy] { try? FileManager.default.removeItem(atPath: path) }
        }
        try await grow(directory, key, by: 10)
        let store = try server.client()
        _ = try await ObjectArchive(of: directory, in: store, parallel: 2).advance(from: 0, atMost: 64)
        let newest = server["one/log/checkpoint"]
        let progress = try await ObjectArchive(of: copy, in: store, parallel: 2).advance(from: 0, atMost: 64)
        #expect(progress.conflicts == ["log/checkpoint"])
        #expect(server["one/log/checkpoint"] == newest)
    }

    @Test("gzip: what goes in comes out, within its limit")
    func gzip() throws {
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
        let packed = try #require(GzipCoding.compress(bytes))
        #expect(packed.count < bytes.count)
        #expect(GzipCoding.decompress(packed, limit: bytes.count) == bytes)
        #expect(GzipCoding.decompress(packed, limit: bytes.count - 1) == nil)
        #expect(GzipCoding.decompress(Array(packed.dropLast()), limit: bytes.count) == nil)
        #expect(GzipCoding.decompress(packed + [0], limit: bytes.count) == nil)
        #expect(GzipCoding.decompress([], limit: 10) == nil)
        #expect(try #require(GzipCoding.compress([])).count > 0)
    }
}
