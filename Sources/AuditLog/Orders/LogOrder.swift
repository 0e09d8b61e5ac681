// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// A record that the log itself obeys, once the record is in the tree: record first, then the deed.
///
/// What is to be done follows from the record alone, so that a crash at any moment leaves nothing half done: the next
/// start meets the record again, and each deed may be done twice.
enum LogOrder: Hashable {
    /// Takes openings of commitments away (AUDIT, section 5).
    case erase(entries: [UInt64], fields: Set<String>)
    /// Takes away what has served its term.
    case prune(Part, Range<UInt64>)
    /// Stops pruning, or allows it again.
    case hold(name: String, isSet: Bool)
    /// Lets another key sign, together with the old ones until a moment and then alone.
    case rotate(to: VerifierKey, bothUntil: AuditTimestamp)

    /// What has a term of its own.
    enum Part: String, Hashable, CaseIterable {
        /// The openings of commitments.
        case disclosures
        /// The entries themselves; their hashes stay.
        case leaves
    }

    /// What the record is called in `t`.
    enum RecordType: String, CaseIterable {
        case erasure
        case prune = "retention.prune"
        case hold = "legal.hold"
        case rotate = "log.key.rotate"
    }

    /// How a leaf goes on behind the type: `,"ts":"…27 characters…","v":1}`.
    private static let tailBytes = 42

    /// What a leaf orders; `nil` for a record that orders nothing, or is not of its form.
    ///
    /// Almost every record is told by one byte: members of an object follow the type of a decision.
    init?(leaf: UnsafeRawBufferPointer) {
        let end = leaf.count - Self.tailBytes - 1
        guard end > 8, leaf[end] == UInt8(ascii: "\""), let type = Self.type(endingAt: end, in: leaf) else {
            return nil
        }
        guard let record = try? JSONValue.parse(Array(leaf)).objectValue, record["t"]?.stringValue == type.rawValue,
            let order = LogOrder(type, record)
        else { return nil }
        self = order
    }

    private static func type(endingAt end: Int, in leaf: UnsafeRawBufferPointer) -> RecordType? {
        RecordType.allCases.first { type in
            let member = "\"t\":\"\(type.rawValue)"
            let start = end - member.utf8.count
            return start > 0 && leaf[start..<end].elementsEqual(member.utf8)
        }
    }

    private init?(_ type: RecordType, _ record: JSONObject) {
        switch type {
        case .erasure:
            guard let content = record["erasure"]?.objectValue,
                let entries = content["entries"]?.arrayValue?.map({ $0.int64Value.flatMap { UInt64(exactly: $0) } }),
                let fields = content["fields"]?.arrayValue?.map(\.stringValue),
                !entries.contains(nil), !fields.contains(nil)
            else { return nil }
            self = .erase(entries: entries.compactMap { $0 }, fields: Set(fields.compactMap { $0 }))
        case .prune:
            guard let content = record["prune"]?.objectValue,
                let part = content["part"]?.stringValue.flatMap({ Part(rawValue: $0) }),
                let from = content["from"]?.int64Value.flatMap({ UInt64(exactly: $0) }),
                let below = content["below"]?.int64Value.flatMap({ UInt64(exactly: $0) }), from <= below
            else { return nil }
            self = .prune(part, from..<below)
        case .hold:
            guard let content = record["hold"]?.objectValue, let name = content["name"]?.stringValue,
                let action = content["action"]?.stringValue, ["set", "release"].contains(action)
            else { return nil }
            self = .hold(name: name, isSet: action == "set")
        case .rotate:
            guard let content = record["log_key"]?.objectValue,
                let key = content["new"]?.stringValue.flatMap({ try? VerifierKey($0) }), key.kind == .log,
                let until = content["both_until"]?.stringValue.flatMap({ AuditTimestamp(parsing: $0.utf8) })
            else { return nil }
            self = .rotate(to: key, bothUntil: until)
        }
    }

    var type: RecordType {
        switch self {
        case .erase: .erasure
        case .prune: .prune
        case .hold: .hold
        case .rotate: .rotate
        }
    }

    /// The members of the record that gives this order.
    ///
    /// - Parameter notes: What people want to know besides: reason, ticket, who asked.
    /// - Returns: All members but those of the envelope.
    func members(_ notes: JSONObject) -> JSONObject {
        var content = notes
        var name = type.rawValue
        switch self {
        case .erase(let entries, let fields):
            content["entries"] = .array(entries.map { .number(JSONNumber(Int64(clamping: $0))) })
            content["fields"] = .array(fields.sorted().map { .string($0) })
        case .prune(let part, let range):
            content["part"] = .string(part.rawValue)
            content["from"] = .number(JSONNumber(Int64(clamping: range.lowerBound)))
            content["below"] = .number(JSONNumber(Int64(clamping: range.upperBound)))
            name = "prune"
        case .hold(let hold, let isSet):
            content["name"] = .string(hold)
            content["action"] = isSet ? "set" : "release"
            name = "hold"
        case .rotate(let key, let until):
            content["new"] = .string(key.description)
            content["both_until"] = .string(until.description)
            name = "log_key"
        }
        var members = JSONObject()
        members.append(name, .object(content))
        return members
    }
}
