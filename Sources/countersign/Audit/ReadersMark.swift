// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer

/// Leaves word of who reads personal data, where the service that owns the log runs (AUDIT, section 5).
enum ReadersMark {
    /// Leaves an `admin.read`, or ends the command: what cannot be recorded is not shown.
    ///
    /// A log without its service is a copy or stopped; nobody can be told then.
    ///
    /// - Parameters:
    ///   - verb: The verb.
    ///   - log: The audit directory; the service's socket is in the directory around it.
    ///   - subject: Whose data is looked for, if for somebody's.
    ///   - details: What else was asked for.
    /// - Throws: The exit code 1, after a word on standard error.
    static func leave(_ verb: String, log: String, subject: String? = nil, details: String? = nil) async throws {
        var path = log[...]
        while path.count > 1, path.last == "/" { path.removeLast() }
        let data = path.contains("/") ? path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex) : "."
        let notice = ReadingNotice(verb: verb, subject: subject, details: details.map { String($0.prefix(900)) })
        do throws(ControlProblem) {
            _ = try await ControlClient(data: data.isEmpty ? "/" : String(data), timeout: 30).send(.reading(notice))
        } catch {
            Terminal.complain("the reading of personal data could not be recorded, so nothing is shown: \(error)")
            throw ExitCode(1)
        }
    }
}
