// SPDX-License-Identifier: Apache-2.0

/// Why a control command was not carried out: a stable code and one line for the operator.
package struct ControlProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// The request is not one line of JSON, or its members are not those of the command.
        case malformed
        /// No command has this name.
        case unknownCommand = "unknown_command"
        /// The caller's user may not command this process.
        case refused
        /// The command cannot be carried out in the present state; the message says what would change that.
        case notPossible = "not_possible"
        /// What the command names is not there.
        case notFound = "not_found"
        /// Carrying it out failed.
        case failed
        /// No process answers, and the work needs one.
        case notRunning = "not_running"
    }

    package let code: Code
    /// What was wrong and what would be accepted.
    package let description: String

    package init(_ code: Code, _ description: String) { (self.code, self.description) = (code, description) }
}
