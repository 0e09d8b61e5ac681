// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

extension ReportContent {
    func policySection() -> ReportSection {
        var section = ReportSection(
            6, "Policy changes",
            [
                "Every set of policies that came into force, with who wrote and who approved it. A set that differs from the one "
                    + "before needs a review by somebody else than its author."
            ])
        var table = ReportTable(
            "policy-changes", "Sets that came into force",
            ["Time", "Set", "What changed", "Author", "Approved by", "Ticket", "Tests", "Log", "Entry"])
        for log in facts {
            var previous: String?
            // With which set each review was recorded first.
            var reviews: [[UInt8]: String] = [:]
            for record in log.events(["policy.activate"]) {
                let set = record.content["set"]?.stringValue ?? ""
                defer { previous = set }
                let review = record.content["review"].map { $0.canonicalBytes() }
                let first = review.map { reviews[$0] ?? set } ?? set
                if let review { reviews[review] = first }
                guard record.time >= scope.from, record.time < scope.to else { continue }
                table.rows.append(activation(record, set, previous: previous, isStale: first != set))
            }
        }
        table.query = query("type=policy.activate")
        section.tables = [table, self.table("policy-rejects", "Sets that were refused", ["policy.reject"])]
        return section
    }

    private func activation(
        _ record: LogRecord, _ set: String, previous: String?, isStale: Bool
    ) -> [ReportCell] {
        let content = record.content
        let review = content["review"]?.objectValue
        let author = review?["author"].map { Self.plain($0) } ?? ""
        let approvers = isStale ? [] : review?["approvers"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let isChange = previous.map { $0 != set } ?? (content["previous"] != nil)
        let isOwnApproval = !author.isEmpty && approvers.contains(author)
        let change: String =
            content["diff"].map { Self.plain($0) }
            ?? (isChange ? "another set" : previous == nil ? "first set of this log" : "the same set again")
        let refusal = isStale ? "the review is that of another set" : content["review_refused"]?.stringValue
        let nobody = refusal.map { "NOBODY: \($0)" } ?? (isChange ? "NOBODY" : "")
        let approval = approvers.isEmpty ? nobody : approvers.joined(separator: ", ")
        return [
            ReportCell(record.text("ts") ?? ""), ReportCell(String(set.prefix(19))), ReportCell(change),
            ReportCell(author, isException: isOwnApproval),
            ReportCell(approval, isException: isOwnApproval || approvers.isEmpty && !nobody.isEmpty),
            ReportCell(review?["ticket"]?.stringValue ?? ""),
            ReportCell(content["tests"].map { Self.plain($0) } ?? "not recorded"), ReportCell(record.origin),
            ReportCell(String(record.index), isNumber: true),
        ]
    }

    func configurationSection() -> ReportSection {
        var section = ReportSection(7, "Configuration changes and break-glass")
        section.tables = [
            table("configuration", "Configurations that came into force", ["config.activate"]),
            table("break-glass", "Break-glass", ["breakglass"], red: ["breakglass"]),
        ]
        return section
    }

    func credentialSection() -> ReportSection {
        var section = ReportSection(
            8, "Credentials",
            ["Inventory and age follow from the rotations and revocations of the whole log up to the period's end."])
        section.tables = [
            inventory(),
            table(
                "credentials", "Rotations and revocations",
                ["credential.rotate", "credential.revoke", "jwks.change"]), certificates(),
        ]
        return section
    }

    private static func first(_ content: JSONObject, _ names: [String]) -> String? {
        names.lazy.compactMap { content[$0] }.first.map { plain($0) }
    }

    /// The newest known state of each credential.
    private func inventory() -> ReportTable {
        var table = ReportTable(
            "credential-inventory", "Inventory", ["Log", "Which", "Id", "State", "Since", "Age in days"])
        for log in facts {
            var known: [String: (id: String, state: String, record: LogRecord)] = [:]
            for record in log.events(["credential.rotate", "credential.revoke"], to: scope.to) {
                let content = record.content
                let which = Self.first(content, ["which", "name", "gateway", "credential"]) ?? "credential"
                let id = Self.first(content, ["new", "new_id", "id", "old"]) ?? ""
                let state = record.type == "credential.revoke" ? "revoked" : "in force"
                known["\(which) \(state == "revoked" ? id : "")"] = (id, state, record)
            }
            for (_, entry) in known.sorted(by: { $0.key < $1.key }) {
                let days = Int((scope.to - entry.record.time) / 86_400_000_000)
                let isOverdue = entry.state == "in force" && days > scope.maximumCredentialAge
                let which =
                    Self.first(entry.record.content, ["which", "name", "gateway", "credential"]) ?? "credential"
                table.rows.append([
                    ReportCell(log.log.origin), ReportCell(which), ReportCell(entry.id),
                    ReportCell(isOverdue ? "overdue" : entry.state, isException: isOverdue),
                    ReportCell(entry.record.text("ts") ?? ""), .count(days),
                ])
            }
        }
        table.query = query("type=credential.rotate|credential.revoke")
        table.whenEmpty = "No rotation was recorded; ages are not known from the log."
        return table
    }

    private func certificates() -> ReportTable {
        var table = ReportTable(
            "certificates", "Certificates", ["Time", "What it says", "Expires", "Log", "Entry"])
        table.rows = events(["cert.load"]).map { record in
            let content = record.content
            let text = Self.first(content, ["not_after", "expires", "until"]) ?? "not recorded"
            let end = Moment(text, now: AuditTimestamp(microseconds: scope.to))?.microseconds
            let isSoon = end.map { $0 < scope.to + 30 * 86_400_000_000 } ?? false
            return [
                ReportCell(record.text("ts") ?? ""),
                ReportCell(Self.details(record, without: ["not_after", "expires", "until"])),
                ReportCell(isSoon ? "\(text) (within 30 days of the period's end)" : text, isException: isSoon),
                ReportCell(record.origin), ReportCell(String(record.index), isNumber: true),
            ]
        }
        table.query = query("type=cert.load")
        return table
    }

    func administratorSection() -> ReportSection {
        var section = ReportSection(9, "Administrators, and who read personal data")
        section.tables = [
            table("administrators", "Log-ins of administrators", ["admin.login"]),
            table("readings", "Readings of personal data", ["admin.read"]),
        ]
        return section
    }

    func erasureSection() -> ReportSection {
        var section = ReportSection(
            11, "Erasures, retention and legal hold",
            [
                "An erasure takes the openings of commitments away for good; the entries stay, and with them every proof. "
                    + "Pruning removes entries after they were archived."
            ])
        section.tables = [
            table("erasures", "Erasures", ["erasure"]),
            table("retention", "Pruning and holds", ["retention.prune", "legal.hold"]),
        ]
        return section
    }

    func exceptionSection() -> ReportSection {
        var section = ReportSection(
            12, "Exceptions", ["Everything that is red above, in one list. Nothing else in this report is red."])
        var table = ReportTable("exceptions", "To be looked at", ["Section", "What", "Where"])
        table.rows = exceptions.map { exception in
            [
                ReportCell(String(exception.section), isNumber: true), ReportCell(exception.what, isException: true),
                ReportCell(exception.place),
            ]
        }
        table.whenEmpty = "There is none."
        section.tables = [table]
        return section
    }

    func controlSection() -> ReportSection {
        var section = ReportSection(
            13, "Control matrix",
            [
                "Which control each section is evidence for, and the query that gives the records. The number is how many records "
                    + "of the period the query gives. A query goes behind `\(command)`."
            ])
        for framework in ["SOC 2", "ISO 27001:2022", "SOX ITGC"] {
            let name = "controls-" + framework.lowercased().filter { $0.isLetter || $0.isNumber }
            var table = ReportTable(name, framework, ["Control", "Subject", "Sections", "Records", "Query"])
            for (place, control) in Control.all.enumerated() where control.framework == framework {
                table.rows.append([
                    ReportCell(control.id), ReportCell(control.subject),
                    ReportCell(control.sections.map(String.init).joined(separator: ", ")),
                    .count(facts.reduce(0) { $0 + $1.controlRows[place] }), ReportCell(query(control.conditions)),
                ])
            }
            section.tables.append(table)
        }
        return section
    }
}
