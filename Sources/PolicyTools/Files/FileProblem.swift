// SPDX-License-Identifier: Apache-2.0

package import Cedar
package import StrictJSON

/// A problem at a place in a file.
package struct FileProblem: Sendable, Hashable, CustomStringConvertible {
    /// Whether the file cannot be used or only deserves a look.
    package let severity: Diagnostic.Severity
    /// The file as it was named.
    package let file: String
    /// The line, from 1; 0 if the problem has no place.
    package let line: Int
    /// The column in Unicode scalars, from 1.
    package let column: Int
    /// What is wrong, and what was expected.
    package let message: String

    init(severity: Diagnostic.Severity = .error, file: String, line: Int = 0, column: Int = 0, message: String) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    init(_ diagnostic: Diagnostic) {
        let expected = diagnostic.expected.isEmpty ? "" : "; expected \(diagnostic.expected)"
        self.init(
            severity: diagnostic.severity, file: diagnostic.location.file, line: diagnostic.location.line,
            column: diagnostic.location.column, message: diagnostic.problem + expected)
    }

    init(_ finding: ValidationFinding) {
        let expected = finding.expected.isEmpty ? "" : "; expected \(finding.expected)"
        self.init(
            severity: finding.kind.severity, file: finding.location.file, line: finding.location.line,
            column: finding.location.column, message: "policy `\(finding.policy)`: \(finding.problem)\(expected)")
    }

    init(_ error: ToolError, file: String) { self.init(file: file, message: error.description) }

    /// `file:line:column: error: message` on one line.
    package var description: String {
        let place = line > 0 ? "\(file):\(line):\(column)" : file
        return PlainText.line("\(place): \(severity.rawValue): \(message)")
    }

    /// The problem as a JSON object.
    package var json: JSONValue {
        [
            "file": .string(file), "line": .number(JSONNumber(Int64(line))),
            "column": .number(JSONNumber(Int64(column))), "severity": .string(severity.rawValue),
            "message": .string(message),
        ]
    }
}
