// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

/// `audit.prune`: takes away at once what has served its term; the service does the same by itself once a day.
package struct PruneCommand: Sendable {
    static let name = "audit.prune"

    /// Whether it is only told what would go.
    package var isDry: Bool

    package init(isDry: Bool) { self.isDry = isDry }

    init(_ arguments: inout ControlArguments) throws(ControlProblem) { isDry = try arguments.flag("dry_run") }

    var arguments: JSONObject {
        var object = JSONObject()
        if isDry { object.append("dry_run", true) }
        return object
    }

    func perform(in context: ControlContext) async throws(ControlProblem) -> JSONObject {
        let terms = try context.source.read().audit.retention
        let archived = context.audit.archivedBelow
        let notes = context.notes(reason: "audit prune", ticket: nil)
        let isDry = isDry
        let (plan, records) = try await context.onLog { log throws(AuditLogError) in
            let plan = try await log.retentionPlan(terms, archivedBelow: archived)
            return (plan, isDry ? [] : try await log.prune(plan, notes: notes))
        }
        var result = JSONObject()
        for (name, range) in [("disclosures", plan.disclosures), ("leaves", plan.leaves)] {
            result.append(
                name,
                [
                    "from": .number(JSONNumber(Int64(clamping: range.lowerBound))),
                    "below": .number(JSONNumber(Int64(clamping: range.upperBound))),
                ])
        }
        result.append("records", .array(records.map { .number(JSONNumber(Int64(clamping: $0))) }))
        return result
    }
}
