// SPDX-License-Identifier: Apache-2.0

import AuditLog
import DecisionEngine

extension ServerConfiguration {
    /// What async mode may lose: `audit.max_delay`, `max_unsynced` and `when_full`.
    static func early(
        _ audit: inout ConfigurationSection, _ mode: Audit.Mode
    ) -> (maximumDelay: Duration, maximumRecords: Int, whenFull: Audit.WhenFull) {
        if mode != .async {
            for key in ["max_delay", "max_unsynced", "when_full"] where audit.keys.contains(key) {
                audit.problem(key, "has no effect without `mode: async`")
            }
        }
        return (
            audit.duration("max_delay", in: .milliseconds(1)...(.seconds(10)), default: .milliseconds(100)),
            audit.int("max_unsynced", in: 1...1_048_576, default: 8192),
            audit.choice("when_full", Audit.WhenFull.self, default: .block)
        )
    }

    /// Names of the routes whose allows may leave before their records are durable.
    var asyncRoutes: [String] { apis.flatMap(\.routes).filter(\.mayPrecedeSync).map(\.name) }
    /// How long what is kept, `audit.retention`.
    static func retention(_ audit: inout ConfigurationSection) -> RetentionTerms {
        var section = audit.sectionOrEmpty("retention")
        defer { section.rejectUnknownKeys() }
        let (terms, day) = (RetentionTerms(), Duration.seconds(86_400))
        return RetentionTerms(
            disclosures: section.duration("disclosures", in: day...(day * 36_500), default: terms.disclosures),
            leaves: section.duration("leaves", in: day...(day * 36_500), default: terms.leaves))
    }
}
