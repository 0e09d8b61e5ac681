// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// Records that the log builds itself: the envelope and the members of a type.
enum EnvelopeRecord {
    /// The members that every record has, and the commitments.
    static let envelope: Set<String> = ["boot", "id", "n", "sd", "t", "ts", "v"]

    static func make(
        type: String, boot: String, members: JSONObject = JSONObject(), commitments: Commitments = Commitments()
    ) throws(AuditLogError) -> AuditRecord {
        guard !type.isEmpty else { throw .invalidRecord(problem: "the type is empty") }
        for member in members.members where envelope.contains(member.key) {
            throw .invalidRecord(problem: "member `\(member.key)` belongs to the envelope")
        }
        let record = write(type: type, boot: boot, members: members, commitments: commitments)
        let excess = record.leaf.count + 20 - AuditRecord.maximumLeafBytes
        guard excess > 0, LogOrder.RecordType(rawValue: type) == nil else { return record }
        // Room for the names of what is cut, which the record carries too.
        let length = JSONValue.object(members).canonicalBytes().count
        let cut = MemberCut(members, limit: length - excess - 1024)
        var shorter = cut.members
        shorter.append("trunc", .array(cut.names.map { .string($0) }))
        return write(type: type, boot: boot, members: shorter, commitments: commitments)
    }

    private static func write(
        type: String, boot: String, members: JSONObject, commitments: Commitments
    ) -> AuditRecord {
        var all = members
        all.append("boot", .string(boot))
        all.append("id", .string(UUIDv7().description))
        all.append("n", .null)
        if !commitments.isEmpty { all.append("sd", .null) }
        all.append("t", .string(type))
        all.append("ts", .string(AuditTimestamp.now.description))
        all.append("v", 1)
        var writer = JSONWriter()
        var counterOffset = 0
        writer.beginObject()
        for member in all.membersInCanonicalOrder {
            writer.key(any: member.key)
            switch member.key {
            case "n":
                counterOffset = writer.count
                writer.hole()
            case "sd": commitments.writeObject(to: &writer)
            default: writer.value(member.value)
            }
        }
        writer.endObject()
        return AuditRecord(leaf: writer.take(), counterOffset: counterOffset, disclosures: commitments.disclosures)
    }

    /// The record that explains a hole in `n`.
    static func gap(_ gap: RecordGap, boot: String) -> AuditRecord? {
        var content = JSONObject()
        content.append("count", .number(JSONNumber(Int64(gap.to - gap.from + 1))))
        content.append("from", .number(JSONNumber(Int64(gap.from))))
        content.append("reason", .string(gap.reason.rawValue))
        content.append("to", .number(JSONNumber(Int64(gap.to))))
        var members = JSONObject()
        members.append("gap", .object(content))
        return try? make(type: "gap", boot: boot, members: members)
    }
}

/// Values of `n` that no record has.
struct RecordGap: Sendable, Hashable {
    enum Reason: String, Sendable {
        case diskFull = "disk_full"
        case writeFailed = "write_failed"
        case queueFull = "queue_full"
        case dropped = "dropped"
    }

    var from: Int64
    var to: Int64
    var reason: Reason
}
