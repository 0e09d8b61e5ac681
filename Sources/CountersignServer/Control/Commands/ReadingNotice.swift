// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

/// `audit.read`: somebody is about to read personal data of the log; leaves an `admin.read` (AUDIT, section 5).
package struct ReadingNotice: Sendable {
    static let name = "audit.read"

    /// The verb, such as `search`.
    let verb: String
    /// Whose data is looked for, if for somebody's: personal itself, so it stands behind a commitment.
    let subject: String?
    /// What else was asked for, such as the period.
    let details: String?

    /// Says what is read.
    package init(verb: String, subject: String? = nil, details: String? = nil) {
        (self.verb, self.subject, self.details) = (verb, subject, details)
    }

    init(_ arguments: inout ControlArguments) throws(ControlProblem) {
        verb = try arguments.string("verb", limit: 64)
        subject = try arguments.optionalString("subject")
        details = try arguments.optionalString("details")
    }

    var arguments: JSONObject {
        var arguments = JSONObject()
        if let details { arguments.append("details", .string(details)) }
        if let subject { arguments.append("subject", .string(subject)) }
        arguments.append("verb", .string(verb))
        return arguments
    }

    func perform(in context: ControlContext) async throws(ControlProblem) -> JSONObject {
        var content: JSONObject = [
            "pid": .number(JSONNumber(Int64(context.caller.processID))), "verb": .string(verb),
            "who": .string("uid:\(context.caller.userID)"),
        ]
        if let details { content.append("details", .string(details)) }
        var commitments = Commitments()
        if let subject { commitments.add("sub", string: subject) }
        let log = try context.log()
        do throws(AuditLogError) {
            let receipt = try await log.appendAdministrative(
                type: "admin.read", members: ["read": .object(content)], commitments: commitments)
            return ["index": .number(JSONNumber(Int64(clamping: receipt.leafIndex ?? 0)))]
        } catch {
            throw ControlProblem(.failed, "the reading could not be recorded: \(error)")
        }
    }
}
