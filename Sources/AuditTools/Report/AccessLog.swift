// SPDX-License-Identifier: Apache-2.0

/// A gateway's own access log, of any form whose lines hold the decision's id (`x-countersign-decision`).
struct AccessLog {
    /// So many ids are held: 16 bytes each.
    private static let maximumIDs = 8_000_000

    private var ids: Set<[UInt8]> = []
    private var matched = 0
    /// Lines without an id.
    private(set) var linesWithoutID = 0
    /// Decisions of the audit log that the access log does not name.
    private(set) var onlyInAudit: [String] = []
    private(set) var onlyInAuditCount = 0

    /// Reads a file line by line.
    ///
    /// - Throws: ``AuditToolError`` if it cannot be read or names too many decisions.
    init(path: String) throws(AuditToolError) {
        var input = try LineReader(path: path)
        while let line = try input.next() {
            guard let id = Self.id(in: line) else {
                linesWithoutID += 1
                continue
            }
            guard ids.count < Self.maximumIDs else {
                throw .argument("`\(path)` names more than \(Self.maximumIDs) decisions; compare shorter periods")
            }
            ids.insert(id)
        }
    }

    /// The first UUID of version 7 in a line.
    private static func id(in line: ArraySlice<UInt8>) -> [UInt8]? {
        let line = Array(line)
        guard line.count >= 36 else { return nil }
        for start in 0...(line.count - 36)
        where line[start + 8] == 0x2D && line[start + 13] == 0x2D && line[start + 14] == 0x37 {
            let id = IndexedFields.uuid(Array(line[start..<start + 36]))
            if id.count == 16 { return id }
        }
        return nil
    }

    /// Notes a decision of the audit log.
    mutating func note(_ record: LogRecord) {
        if ids.remove(IndexedFields.uuid(Array(record.id.utf8))) != nil {
            matched += 1
        } else {
            onlyInAuditCount += 1
            if onlyInAudit.count < ReportTable.maximumShown { onlyInAudit.append(record.id) }
        }
    }

    var matchedCount: Int { matched }
    /// Decisions that the access log names and the audit log does not have in the period.
    var onlyInAccessLogCount: Int { ids.count }
    var onlyInAccessLog: [String] { ids.prefix(ReportTable.maximumShown).map(Self.text).sorted() }

    private static func text(_ id: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (place, byte) in id.enumerated() {
            if [4, 6, 8, 10].contains(place) { text.append(0x2D) }
            text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
