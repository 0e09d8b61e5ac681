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

    /// Where the log is archived, `audit.archive`.
    static func archive(
        _ audit: inout ConfigurationSection, _ base: String
    ) -> (directory: String, interval: Duration)? {
        guard var section = audit.section("archive") else { return nil }
        defer { section.rejectUnknownKeys() }
        let directory = section.string("directory")
        let interval = section.duration("interval", in: .seconds(1)...(.seconds(86_400)), default: .seconds(60))
        return directory.map { (resolve($0, base), interval) }
    }
}
