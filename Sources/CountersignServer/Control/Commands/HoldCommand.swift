// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

/// `audit.hold`: sets a legal hold, which stops pruning, or releases it.
package struct HoldCommand: Sendable {
    static let name = "audit.hold"

    package var hold: String
    package var isReleased: Bool
    package var reason: String
    package var ticket: String?

    package init(hold: String, isReleased: Bool, reason: String, ticket: String?) {
        (self.hold, self.isReleased, self.reason, self.ticket) = (hold, isReleased, reason, ticket)
    }

    init(_ arguments: inout ControlArguments) throws(ControlProblem) {
        hold = try arguments.string("name", limit: 128)
        isReleased = try arguments.flag("release")
        reason = try arguments.string("reason")
        ticket = try arguments.optionalString("ticket")
    }

    var arguments: JSONObject {
        var object = JSONObject()
        object.append("name", .string(hold))
        object.append("release", .bool(isReleased))
        object.append("reason", .string(reason))
        if let ticket { object.append("ticket", .string(ticket)) }
        return object
    }

    func perform(in context: ControlContext) async throws(ControlProblem) -> JSONObject {
        let notes = context.notes(reason: reason, ticket: ticket)
        let receipt = try await context.onLog { log throws(AuditLogError) in
            try await log.hold(hold, isSet: !isReleased, notes: notes)
        }
        var result = ControlContext.result(of: receipt)
        result.append("holds", .array(try context.log().status.holds.map { .string($0) }))
        return result
    }
}
