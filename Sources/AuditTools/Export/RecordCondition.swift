// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// One condition of `--where`: `dec.verdict=deny`, `act.route!=/health`, `type=gap|breakglass`.
package struct RecordCondition: Sendable, Hashable {
    private let path: String
    /// One of these is wanted: alternatives stand in the text with `|` between them.
    private let values: [String]
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
        path = try RecordVocabulary.path(name)
        values = text[text.index(after: mark)...].split(separator: "|", omittingEmptySubsequences: false).map(
            String.init)
        isEqual = !isNegated
        for value in values { try RecordVocabulary.check(value, of: path, called: name) }
    }

    /// Whether a record meets the condition; `sub` and other personal data by what is disclosed.
    package func holds(for record: LogRecord) -> Bool {
        values.contains { Self.contains(found(in: record), $0) } == isEqual
    }

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
