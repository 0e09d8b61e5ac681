// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// One condition of `--where`: `dec.verdict=deny`, `act.route!=/health`.
package struct RecordCondition: Sendable, Hashable {
    /// Short names for the paths that are asked for most.
    private static let names = [
        "type": "t", "verdict": "dec.verdict", "reason": "dec.reason", "route": "act.route", "method": "act.method",
        "host": "act.host", "gateway": "gw.name", "policy": "dec.policies", "boot": "boot", "id": "id",
        "action": "act.action", "issuer": "who.iss", "auth": "who.auth",
    ]

    private let path: String
    private let value: String
    private let isEqual: Bool

    /// Reads a condition.
    ///
    /// - Throws: ``AuditToolError/argument(_:)``.
    package init(_ text: String) throws(AuditToolError) {
        guard let mark = text.firstIndex(of: "="), mark > text.startIndex else {
            throw .argument(
                "`\(text)` is no condition: NAME=VALUE or NAME!=VALUE, with a short name or a path such as dec.verdict")
        }
        let isNegated = text[text.index(before: mark)] == "!"
        let name = String(text[..<(isNegated ? text.index(before: mark) : mark)])
        guard !name.isEmpty else { throw .argument("`\(text)` has no name") }
        path = Self.names[name] ?? name
        value = String(text[text.index(after: mark)...])
        isEqual = !isNegated
    }

    /// Whether a record meets the condition; `sub` and other personal data by what is disclosed.
    package func holds(for record: LogRecord) -> Bool { Self.contains(found(in: record), value) == isEqual }

    private func found(in record: LogRecord) -> JSONValue? { record.value(path) ?? record.disclosed(path) }

    private static func contains(_ found: JSONValue?, _ value: String) -> Bool {
        switch found {
        case nil, .null?, .object?: false
        case .bool(let flag)?: value == (flag ? "true" : "false")
        case .number(let number)?: number.text == value
        case .string(let text)?: text.utf8.elementsEqual(value.utf8)
        case .array(let elements)?: elements.contains { contains($0, value) }
        }
    }
}
