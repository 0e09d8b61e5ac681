// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import NIOCore
import NIOPosix
import StrictJSON
import Synchronization

@testable import AuditLog

/// A log in a directory of its own, removed with the value.
final class LogFixture: Sendable {
    static let loop = MultiThreadedEventLoopGroup.singleton.next()

    let directory: String
    let key: LogSigningKey

    init() throws {
        directory = NSTemporaryDirectory() + "audit-" + UUID().uuidString
        key = try LogSigningKey(origin: "test/one")
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var configuration: AuditLogConfiguration {
        var configuration = AuditLogConfiguration(directory: directory, origin: "test/one", key: key)
        configuration.segmentBytes = 1 << 17
        configuration.spareSegments = 1
        configuration.checkpointInterval = .milliseconds(10)
        configuration.probeInterval = .milliseconds(5)
        configuration.probeDuration = .milliseconds(5)
        configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return configuration
    }

    func open() throws -> AuditLog { try AuditLog.open(configuration) }

    static func record(boot: String, id: UUIDv7 = UUIDv7(), subject: String = "alice") -> AuditRecord {
        var commitments = Commitments()
        commitments.add("sub", string: subject)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("boot")
        writer.string(boot)
        writer.key("dec")
        writer.raw(Array("{\"verdict\":\"allow\"}".utf8))
        writer.key("id")
        writer.string(id.description)
        writer.key("n")
        let offset = writer.bytes.count
        writer.hole()
        writer.key("sd")
        commitments.writeObject(to: &writer)
        writer.key("t")
        writer.string("decision")
        writer.key("ts")
        writer.string(AuditTimestamp.now.description)
        writer.key("v")
        writer.int(1)
        writer.endObject()
        return AuditRecord(
            leaf: writer.bytes, counterOffset: offset, disclosures: commitments.disclosures,
            release: .mayPrecedeSync)
    }

    /// Appends so many records and returns when all were answered.
    static func append(_ count: Int, to log: AuditLog) async -> [Result<AuditReceipt, AuditLogError>] {
        guard count > 0 else { return [] }
        return await withCheckedContinuation { continuation in
            let results = Mutex<[Result<AuditReceipt, AuditLogError>]>([])
            for _ in 0..<count {
                log.append(record(boot: log.boot), on: loop) { result in
                    let all = results.withLock { all -> [Result<AuditReceipt, AuditLogError>]? in
                        all.append(result)
                        return all.count == count ? all : nil
                    }
                    if let all { continuation.resume(returning: all) }
                }
            }
        }
    }

    func copy() throws -> LogFixture {
        let copy = try LogFixture(copying: self)
        try FileManager.default.copyItem(atPath: directory, toPath: copy.directory)
        return copy
    }

    private init(copying other: LogFixture) throws {
        directory = other.directory + "-" + UUID().uuidString
        key = other.key
    }

    func path(_ relative: String) -> String { directory + "/" + relative }

    func bytes(_ relative: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path(relative))))
    }

    func write(_ bytes: [UInt8], to relative: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(relative)))
    }

    /// A verifier that checks all there is to check.
    var verifier: LogVerifier {
        var verifier = LogVerifier(keys: [key.verifierKey])
        verifier.disclosuresDirectory = path("disclosures")
        verifier.checksRecords = true
        return verifier
    }

    func verify() -> VerificationReport { verifier.verify(directory: directory) }

    var checkpoint: Checkpoint {
        get throws { try Checkpoint(parsing: SignedNote(parsing: bytes("log/checkpoint")).text) }
    }
}

/// Returns when a condition holds.
func eventually(_ condition: () throws -> Bool) async throws {
    while try !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
