// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// The content of `state.json`: what was signed, or was about to be.
struct LogState: Hashable {
    static let path = "state.json"

    var origin: String
    /// The highest size ever signed; it is written before the signature is made.
    var size: UInt64
    var root: TreeHash
    /// The first entry that is still here.
    var minimumIndex: UInt64 = 0
    /// The keys that sign, oldest first.
    var keyIDs: [String]
    /// Until when all of ``keyIDs`` sign; later only the last one does.
    var bothUntil: AuditTimestamp?
    /// The first entry whose disclosures have not served their term.
    var disclosuresFrom: UInt64 = 0
    /// Names of the legal holds in force.
    var holds: [String] = []
    /// So many bytes has every segment of the run that goes on, or that did not end with its `shutdown` record.
    ///
    /// While it is here, segments hold every record beyond ``size``; without it none is needed.
    var openSegmentBytes: UInt64?
    /// Entries that order something that is not done yet.
    var pending: [UInt64] = []

    init(origin: String, size: UInt64, root: TreeHash, keyIDs: [String]) {
        self.origin = origin
        self.size = size
        self.root = root
        self.keyIDs = keyIDs
    }

    /// Reads the file; `nil` if it is not of this form.
    init?(parsing bytes: [UInt8]) {
        guard let object = try? JSONValue.parse(bytes).objectValue,
            let origin = object["origin"]?.stringValue,
            let size = object["size"]?.int64Value, let size = UInt64(exactly: size),
            let minimum = object["min_index"]?.int64Value, let minimum = UInt64(exactly: minimum), minimum <= size,
            let root = object["root"]?.stringValue, let digest = Base64.decode(root.utf8, .standard),
            let root = TreeHash(digest),
            let keys = object["keys"]?.arrayValue?.compactMap(\.stringValue)
        else { return nil }
        self.init(origin: origin, size: size, root: root, keyIDs: keys)
        minimumIndex = minimum
        if let number = object["open_segment_bytes"] {
            guard let bytes = number.int64Value.flatMap({ UInt64(exactly: $0) }), bytes > 0 else { return nil }
            openSegmentBytes = bytes
        }
        guard readOrders(object) else { return nil }
    }

    private mutating func readOrders(_ object: JSONObject) -> Bool {
        if let text = object["both_until"] {
            guard let moment = text.stringValue.flatMap({ AuditTimestamp(parsing: $0.utf8) }) else { return false }
            bothUntil = moment
        }
        if let number = object["disclosures_from"] {
            guard let first = number.int64Value.flatMap({ UInt64(exactly: $0) }), first <= size else { return false }
            disclosuresFrom = first
        }
        if let names = object["holds"] {
            guard let all = names.arrayValue?.map(\.stringValue), !all.contains(nil) else { return false }
            holds = all.compactMap { $0 }
        }
        if let indexes = object["pending"] {
            let all = indexes.arrayValue?.map { $0.int64Value.flatMap { UInt64(exactly: $0) } } ?? [nil]
            guard all.allSatisfy({ $0.map { $0 < size } ?? false }) else { return false }
            pending = all.compactMap { $0 }
        }
        return true
    }

    var bytes: [UInt8] {
        var object = JSONObject()
        if let bothUntil { object.append("both_until", .string(bothUntil.description)) }
        if disclosuresFrom > 0 {
            object.append("disclosures_from", .number(JSONNumber(Int64(clamping: disclosuresFrom))))
        }
        if !holds.isEmpty { object.append("holds", .array(holds.map { .string($0) })) }
        if let openSegmentBytes {
            object.append("open_segment_bytes", .number(JSONNumber(Int64(clamping: openSegmentBytes))))
        }
        if !pending.isEmpty {
            object.append("pending", .array(pending.map { .number(JSONNumber(Int64(clamping: $0))) }))
        }
        object.append("keys", .array(keyIDs.map { .string($0) }))
        object.append("min_index", .number(JSONNumber(Int64(clamping: minimumIndex))))
        object.append("origin", .string(origin))
        object.append("root", .string(root.base64))
        object.append("size", .number(JSONNumber(Int64(clamping: size))))
        return JSONValue.object(object).canonicalBytes() + [0x0A]
    }
}
