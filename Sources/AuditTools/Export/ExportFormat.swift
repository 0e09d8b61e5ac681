// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// What an export is written as.
package enum ExportFormat: String, Sendable, CaseIterable {
    /// One object a line: origin, index, the record as it is.
    case jsonl
    /// One record a line with the columns that people ask for; safe to open in a spreadsheet.
    case csv
    /// One OCSF event a line.
    case ocsf
}

/// Turns records into the lines of one format.
package struct RecordFormatter: Sendable {
    private static let columns: [(name: String, path: String)] = [
        ("time", "ts"), ("id", "id"), ("type", "t"), ("verdict", "dec.verdict"), ("reason", "dec.reason"),
        ("status", "dec.status"), ("method", "act.method"), ("host", "act.host"), ("route", "act.route"),
        ("action", "act.action"), ("gateway", "gw.name"), ("protocol", "gw.proto"), ("gateway_request", "gw.req"),
        ("caller_type", "who.type"), ("issuer", "who.iss"), ("evidence", "who.auth"), ("policies", "dec.policies"),
        ("policy_set", "dec.policy_set"), ("total_us", "lat_us.total"), ("boot", "boot"), ("n", "n"),
    ]
    private static let personal = ["sub", "email", "name", "ip", "ua", "path", "resource"]

    private let format: ExportFormat
    /// Whether what is disclosed of personal data is written.
    private let isDisclosing: Bool
    private let version: String

    /// Makes a formatter.
    ///
    /// - Parameters:
    ///   - format: The format.
    ///   - isDisclosing: Whether what is disclosed of personal data is written.
    ///   - version: The version of this program, for OCSF.
    package init(_ format: ExportFormat, isDisclosing: Bool, version: String) {
        (self.format, self.isDisclosing, self.version) = (format, isDisclosing, version)
    }

    /// What stands before the first record.
    package var header: String {
        guard format == .csv else { return "" }
        let names = ["origin", "index"] + Self.columns.map(\.name) + (isDisclosing ? Self.personal : []) + ["verified"]
        return names.map { SafeText.csv($0) }.joined(separator: ",") + "\r\n"
    }

    /// The line of a record, with its end.
    package func line(_ record: LogRecord) -> String {
        switch format {
        case .jsonl: return Self.text(object(record)) + "\n"
        case .ocsf: return Self.text(OCSFEvent(record, isDisclosing: isDisclosing, version: version).json) + "\n"
        case .csv:
            var fields = [record.origin, String(record.index)]
            fields += Self.columns.map { Self.field(record.value($0.path)) }
            if isDisclosing { fields += Self.personal.map { Self.field(record.disclosed($0)) } }
            fields.append(record.isVerified ? "true" : "false")
            return fields.map { SafeText.csv($0) }.joined(separator: ",") + "\r\n"
        }
    }

    private func object(_ record: LogRecord) -> JSONObject {
        var object = JSONObject()
        if isDisclosing { object.append("disclosed", .object(record.disclosedObject)) }
        object.append("index", .number(JSONNumber(Int64(clamping: record.index))))
        object.append("origin", .string(record.origin))
        object.append("record", .object(record.object))
        object.append("verified", .bool(record.isVerified))
        return object
    }

    private static func text(_ object: JSONObject) -> String {
        String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self)
    }

    private static func field(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null?: ""
        case .bool(let flag)?: flag ? "true" : "false"
        case .number(let number)?: number.text
        case .string(let text)?: text
        case .array(let elements)?: elements.map { field($0) }.joined(separator: " ")
        case .object?: String(decoding: (value ?? .null).canonicalBytes(), as: UTF8.self)
        }
    }
}
