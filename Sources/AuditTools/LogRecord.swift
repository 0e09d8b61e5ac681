// SPDX-License-Identifier: Apache-2.0

package import AuditLog
package import StrictJSON

/// One record of a log with what is still disclosed of it.
package struct LogRecord: Sendable {
    /// The log's identity.
    package let origin: String
    /// Its place in the log.
    package let index: UInt64
    /// The canonical JSON.
    package let leaf: [UInt8]
    /// The parsed leaf.
    package let object: JSONObject
    /// The personal data that is still there.
    package let disclosures: [Disclosure]
    /// Whether it was proved to be under the log's signed checkpoint.
    package let isVerified: Bool

    /// Makes a record of what a reader found.
    package init(
        origin: String, index: UInt64, leaf: [UInt8], disclosures: [Disclosure], isVerified: Bool
    ) throws(AuditToolError) {
        guard let object = try? JSONValue.parse(leaf).objectValue else {
            throw .missing("entry \(index) of `\(origin)` is not a JSON object; `audit verify --records` says more")
        }
        (self.origin, self.index, self.leaf, self.object) = (origin, index, leaf, object)
        (self.disclosures, self.isVerified) = (disclosures, isVerified)
    }

    /// The value of a path of members such as `dec.verdict`; `nil` if it is not there.
    package func value(_ path: String) -> JSONValue? {
        var value = JSONValue.object(object)
        for name in path.split(separator: ".") {
            guard let inner = value.objectValue?[String(name)] else { return nil }
            value = inner
        }
        return value
    }

    /// The text at a path.
    package func text(_ path: String) -> String? { value(path)?.stringValue }

    /// The number at a path.
    package func number(_ path: String) -> Int64? { value(path)?.int64Value }

    /// The texts at a path.
    package func texts(_ path: String) -> [String] { value(path)?.arrayValue?.compactMap(\.stringValue) ?? [] }

    /// What is disclosed under a name.
    package func disclosed(_ name: String) -> JSONValue? { disclosures.first { $0.name == name }?.value }

    /// The record type.
    package var type: String { text("t") ?? "" }
    /// The record's id.
    package var id: String { text("id") ?? "" }
    /// Its moment, in microseconds since the Unix epoch.
    package var time: Int64 { AuditTimestamp(parsing: (text("ts") ?? "").utf8)?.microseconds ?? 0 }
    /// The disclosed data as an object.
    package var disclosedObject: JSONObject {
        var object = JSONObject()
        for disclosure in disclosures { object.append(disclosure.name, disclosure.value) }
        return object
    }

    /// The record's own member, such as `policy` or `gap`; all members beside the envelope's if there are several.
    package var content: JSONObject {
        let envelope: Set<String> = ["boot", "id", "n", "sd", "t", "ts", "v", "trunc"]
        let members = object.members.filter { !envelope.contains($0.key) }
        if members.count == 1, let object = members[0].value.objectValue { return object }
        return members.reduce(into: JSONObject()) { $0.append($1.key, $1.value) }
    }
}
