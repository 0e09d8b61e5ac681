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

    static func record(
        boot: String, id: UUIDv7 = UUIDv7(), subject: String = "alice", issuer: String? = nil
    ) -> AuditRecord {
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
        if let issuer {
            writer.key("who")
            writer.raw(JSONValue.object(["auth": "jwt", "iss": .string(issuer)]).canonicalBytes())
        }
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

    /// A copy of the directory as it was at one moment, also while the log runs.
    ///
    /// What the log's threads still had to do when the last append was answered (tiles, old segments) may happen between
    /// the copying of two files: such a copy is thrown away and made again, for at most ten minutes.
    func copy() throws -> LogFixture {
        let end = ContinuousClock.now + .seconds(600)
        while true {
            let copy = try LogFixture(copying: self)
            let before = state
            // File systems tell the time in steps of up to 10 ms: what changes from here on has another one.
            usleep(20_000)
            do {
                try FileManager.default.copyItem(atPath: directory, toPath: copy.directory)
                if state == before { return copy }
                guard ContinuousClock.now < end else { throw CopyError.neverStill }
            } catch let error as CocoaError {
                guard ContinuousClock.now < end else { throw error }
            }
            try? FileManager.default.removeItem(atPath: copy.directory)
            usleep(1000)
        }
    }

    private enum CopyError: Error { case neverStill }

    /// Every file with its number, size and time of last change.
    private var state: [String: [Double]] {
        let paths = FileManager.default.subpaths(atPath: directory) ?? []
        return Dictionary(
            uniqueKeysWithValues: paths.map { name in
                let attributes = (try? FileManager.default.attributesOfItem(atPath: path(name))) ?? [:]
                let numbers = [FileAttributeKey.systemFileNumber, .size].map { attributes[$0] as? NSNumber }
                let changed = attributes[.modificationDate] as? Date
                return (name, numbers.map { $0?.doubleValue ?? -1 } + [changed?.timeIntervalSinceReferenceDate ?? -1])
            })
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
        try await Task.sleep(for: .milliseconds(2))
    }
}
