// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix
import StrictJSON

@testable import AuditLog
@testable import AuditTools

/// A log in a directory of its own, with records as a test wants them; removed with the value.
final class SampleLog: Sendable {
    let directory: String
    let key: LogSigningKey

    init(origin: String = "test/one") throws {
        directory = NSTemporaryDirectory() + "desk-" + UUID().uuidString
        key = try LogSigningKey(origin: origin)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// One record of a test.
    struct Record: Sendable {
        var type = "decision"
        /// Microseconds after 2026-11-24T00:00:00Z.
        var offset: Int64 = 0
        var members = JSONObject()
        var personal = JSONObject()
        var id = UUIDv7().description

        var time: AuditTimestamp { AuditTimestamp(microseconds: SampleLog.start + offset) }
    }

    /// 2026-11-24T00:00:00Z.
    static let start: Int64 = 1_795_478_400_000_000

    static func decision(
        _ verdict: String = "allow", reason: String? = nil, route: String = "/orders/{id}", method: String = "GET",
        subject: String? = "acme/alice", policies: [String] = ["orders-read"], at offset: Int64 = 0
    ) -> Record {
        var record = Record(offset: offset)
        record.members = [
            "act": ["action": .string(method), "method": .string(method), "route": .string(route)],
            "dec": [
                "policies": .array(policies.map { .string($0) }),
                "reason": .string(reason ?? (verdict == "allow" ? "allowed" : "policy_denied")),
                "status": verdict == "allow" ? 200 : 403, "verdict": .string(verdict),
            ],
            "gw": ["name": "apigee", "peer_auth": "api_key", "proto": "decisions", "req": "r-1"],
            "lat_us": ["authn": 3, "policy": 2, "queue": 10, "total": 40],
        ]
        if let subject {
            record.members.append("who", ["alg": "ES256", "auth": "jwt", "iss": "https://idp", "type": "User"])
            record.personal.append("sub", .string(subject))
            record.personal.append("ip", "192.0.2.7")
        }
        return record
    }

    static func event(_ type: String, _ name: String, _ content: JSONObject, at offset: Int64 = 0) -> Record {
        var record = Record(type: type, offset: offset)
        record.members.append(name, .object(content))
        return record
    }

    /// Appends records to a new run of the log and closes it.
    func write(_ records: [Record]) async throws {
        var configuration = AuditLogConfiguration(directory: directory, origin: key.verifierKey.name, key: key)
        configuration.segmentBytes = 1 << 20
        configuration.spareSegments = 1
        configuration.checkpointInterval = .milliseconds(20)
        if key.verifierKey.name == "test/one" { configuration.otherKeys = [EveryRecord.nextKey] }
        let log = try AuditLog.open(configuration)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        for record in records {
            let leaf = try Self.leaf(record, boot: log.boot)
            log.append(leaf, on: loop, deadline: .now() + .hours(1)) { _ in }
        }
        await log.close()
    }

    private static func leaf(_ record: Record, boot: String) throws -> AuditRecord {
        var commitments = Commitments()
        for member in record.personal.members { commitments.add(named: member.key, value: member.value) }
        var all = record.members
        for (name, value) in [
            ("boot", boot), ("id", record.id), ("t", record.type), ("ts", record.time.description),
        ] { all.append(name, .string(value)) }
        all.append("n", .null)
        all.append("v", 1)
        if !commitments.isEmpty { all.append("sd", .null) }
        var writer = JSONWriter()
        var offset = 0
        writer.beginObject()
        for member in all.membersInCanonicalOrder {
            writer.key(any: member.key)
            switch member.key {
            case "n":
                offset = writer.count
                writer.hole()
            case "sd": commitments.writeObject(to: &writer)
            default: writer.value(member.value)
            }
        }
        writer.endObject()
        return AuditRecord(leaf: writer.take(), counterOffset: offset, disclosures: commitments.disclosures)
    }

    func opened() throws -> OpenedLog { try OpenedLog(directory: directory, keys: [key.verifierKey]) }

    func index() throws -> RecordIndex { try RecordIndex(directory: directory, origin: key.verifierKey.name) }

    func search(_ change: (inout RecordQuery) -> Void) throws -> RecordSearch.Result {
        var query = RecordQuery()
        change(&query)
        return try RecordSearch(opened(), index()).run(query)
    }
}
