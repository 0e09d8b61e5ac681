// SPDX-License-Identifier: Apache-2.0

/// One finding in a policy or schema text.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    /// How bad a finding is.
    public enum Severity: String, Sendable, Hashable {
        /// The text cannot be used.
        case error
        /// The text can be used, but surely says something other than meant.
        case warning
    }

    /// How bad it is.
    public let severity: Severity
    /// Where it is.
    public let location: SourceLocation
    /// What is wrong; user input stands in backticks.
    public let problem: String
    /// What would be accepted there; empty when the problem says it all.
    public let expected: String

    /// Makes a finding.
    public init(severity: Severity = .error, location: SourceLocation, problem: String, expected: String = "") {
        self.severity = severity
        self.location = location
        self.problem = problem
        self.expected = expected
    }

    /// One line: place, severity, problem, and what was expected.
    public var description: String { "\(location): \(severity.rawValue): \(message)" }

    /// The problem, and what was expected.
    var message: String { problem + (expected.isEmpty ? "" : "; expected \(expected)") }
}

/// The findings that keep a text from being used.
public struct DiagnosticsError: Error, Sendable, CustomStringConvertible {
    /// Every finding, in source order.
    public let diagnostics: [Diagnostic]

    /// One finding a line.
    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
