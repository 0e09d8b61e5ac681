// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Logging
import ServiceLifecycle
import StrictJSON

/// Takes away once a day what has served its term, unless a legal hold is in force.
struct RetentionKeeper: Service {
    let audit: AuditTrail
    let source: ConfigurationSource
    let logger: Logger
    /// How long after the start the first look is, and between any two.
    var pauses = (first: Duration.seconds(60), next: Duration.seconds(86_400))

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var pause = pauses.first
            while (try? await Task.sleep(for: pause)) != nil {
                await prune()
                pause = pauses.next
            }
        }
    }

    func prune() async {
        guard let log = audit.log, log.status.holds.isEmpty, let terms = try? source.read().audit.retention else {
            return
        }
        do throws(AuditLogError) {
            let plan = try await log.retentionPlan(terms, archivedBelow: audit.archivedBelow)
            guard !plan.isEmpty else { return }
            var notes = JSONObject()
            notes.append("reason", "term")
            try await log.prune(plan, notes: notes)
            logger.notice(
                "audit log pruned",
                metadata: [
                    "disclosures_below": "\(plan.disclosures.upperBound)", "leaves_below": "\(plan.leaves.upperBound)",
                ]
            )
        } catch {
            logger.warning("audit log not pruned", metadata: ["error": "\(error)"])
        }
    }
}
