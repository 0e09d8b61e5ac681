// SPDX-License-Identifier: Apache-2.0

package import AuditLog
import StrictJSON

/// One record on one line, for people.
package struct RecordSummary {
    /// Time, id, and what happened; strings of callers are escaped (THREATS A7).
    package let line: String

    /// Summarizes a record.
    package init(leaf: [UInt8], disclosures: [Disclosure]) {
        guard let record = try? JSONValue.parse(leaf).objectValue else {
            line = "(not JSON)"
            return
        }
        var parts = [record["ts"]?.stringValue ?? "?", record["id"]?.stringValue ?? "?"]
        let type = record["t"]?.stringValue ?? "?"
        if type == "decision" {
            let decision = record["dec"]?.objectValue ?? JSONObject()
            let action = record["act"]?.objectValue ?? JSONObject()
            let subject = disclosures.first { $0.name == "sub" }?.value.stringValue
            parts.append(decision["verdict"]?.stringValue ?? "?")
            parts.append(decision["reason"]?.stringValue ?? "?")
            parts.append("\(action["method"]?.stringValue ?? "?") \(action["route"]?.stringValue ?? "-")")
            parts.append(subject ?? (record["sd"]?.objectValue?["sub"] == nil ? "-" : "(not disclosed)"))
            if let issuer = RecordIssuer.name(in: record) { parts.append(issuer) }
        } else {
            parts.append(type)
        }
        line = parts.map { SafeText.terminal($0) }.joined(separator: "  ")
    }
}
