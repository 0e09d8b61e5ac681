// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer

/// Leaves word of who reads personal data, where the service that owns the log runs (AUDIT, section 5).
enum ReadersMark {
    /// Leaves an `admin.read`, or ends the command: what cannot be recorded is not shown.
    ///
    /// A log that no process works on is a copy or stopped; nobody can be told then.
    ///
    /// - Parameters:
    ///   - verb: The verb.
    ///   - log: The audit directory, by whatever path.
    ///   - subject: Whose data is looked for, if for somebody's.
    ///   - details: What else was asked for.
    /// - Throws: The exit code 1, after a word on standard error.
    static func leave(_ verb: String, log: String, subject: String? = nil, details: String? = nil) async throws {
        let notice = ReadingNotice(verb: verb, subject: subject, details: details.map { String($0.prefix(900)) })
        do throws(ControlProblem) {
            try await notice.leave(log: log)
        } catch {
            Terminal.complain("the reading of personal data could not be recorded, so nothing is shown: \(error)")
            throw ExitCode(1)
        }
    }
}
