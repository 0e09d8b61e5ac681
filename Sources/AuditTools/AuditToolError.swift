// SPDX-License-Identifier: Apache-2.0

package import AuditLog

/// Why work on a log could not be done.
package enum AuditToolError: Error, Sendable, Hashable {
    /// The log itself refused.
    case log(AuditLogError)
    /// The index cannot be used; it can be built anew.
    case index(path: String, problem: String)
    /// A file cannot be read or written (`code` is `errno`).
    case file(path: String, problem: String)
    /// An argument is not of its form.
    case argument(String)
    /// What is asked for is not in the log any more, or never was.
    case missing(String)
}

extension AuditToolError: CustomStringConvertible {
    /// What the operator sees.
    package var description: String {
        switch self {
        case .log(let error): error.description
        case .index(let path, let problem): "index `\(path)`: \(problem)"
        case .file(let path, let problem): "`\(path)` \(problem)"
        case .argument(let problem): problem
        case .missing(let problem): problem
        }
    }
}

/// Runs work on the log whose errors are those of the log.
func withLogErrors<Result>(_ work: () throws(AuditLogError) -> Result) throws(AuditToolError) -> Result {
    do { return try work() } catch { throw .log(error) }
}
