// SPDX-License-Identifier: Apache-2.0

import AuditLog

extension ServerConfiguration {
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
