// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

extension ReportContent {
    func policySection() -> ReportSection {
        var section = ReportSection(
            6, "Policy changes",
            [
                "Every set of policies that came into force, with who wrote and who approved it. A set that differs from the one "
                    + "before needs a review by somebody else than its author.",
                "\u{201C}Not recorded\u{201D}: the policy directory held no review.json when the set came into force, so the log "
                    + "cannot say who wrote or approved it; ask for the review where the policies are kept (the set's digest and "
                    + "files name it). With a review.json of author, approvers, commit and ticket the record says so.",
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
        // Without a review the log cannot say who approved; a review that names nobody, or was refused, says that nobody did.
        let isUnapproved = approvers.isEmpty && (refusal != nil || isChange && review != nil)
        let nobody = isUnapproved ? "NOBODY" + (refusal.map { ": " + $0 } ?? "") : isChange ? "not recorded" : ""
        let approval = approvers.isEmpty ? nobody : approvers.joined(separator: ", ")
        return [
            ReportCell(record.text("ts") ?? ""), ReportCell(String(set.prefix(19))), ReportCell(change),
            ReportCell(author.isEmpty && isChange ? "not recorded" : author, isException: isOwnApproval),
            ReportCell(approval, isException: isOwnApproval || isUnapproved),
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

    /// A credential of this service's own as the log last told of it.
    private struct Held {
        let which: String
        let id: String
        var state: String
        let record: LogRecord
    }

    /// The newest known state of each credential.
    private func inventory() -> ReportTable {
        var table = ReportTable(
            "credential-inventory", "Inventory", ["Log", "Which", "Id", "State", "Since", "Age in days"])
        for log in facts {
            var known: [String: Held] = [:]
            for record in log.events(["credential.rotate", "credential.revoke"], to: scope.to) {
                Self.follow(record, &known)
            }
            let all = known.values.sorted { ($0.which, $0.record.index, $0.id) < ($1.which, $1.record.index, $1.id) }
            for held in all {
                let days = Int((scope.to - held.record.time) / 86_400_000_000)
                let isOverdue = held.state == "in force" && days > scope.maximumCredentialAge
                table.rows.append([
                    ReportCell(log.log.origin), ReportCell(held.which), ReportCell(held.id),
                    ReportCell(isOverdue ? "overdue" : held.state, isException: isOverdue),
                    ReportCell(held.record.text("ts") ?? ""), .count(days),
                ])
            }
        }
        table.query = query("type=credential.rotate|credential.revoke")
        table.whenEmpty = "No rotation was recorded; ages are not known from the log."
        return table
    }

    /// What a record makes of the credentials that are known; those of callers (subjects, tokens) are no part of it.
    private static func follow(_ record: LogRecord, _ known: inout [String: Held]) {
        let content = record.content
        let kind = first(content, ["kind", "which"]) ?? "credential"
        let place = [first(content, ["store", "gateway"]), first(content, ["owner"])].compactMap { $0 }
        let which = ([kind] + place).joined(separator: " ")
        if record.type == "credential.rotate" {
            if let old = content["old"]?.stringValue { known[old]?.state = "replaced" }
            guard let new = content["new"]?.stringValue else { return }
            known[new] = Held(which: which, id: new, state: "in force", record: record)
        } else if let old = content["old"]?.stringValue {
            known[old] = Held(which: known[old]?.which ?? which, id: old, state: "revoked", record: record)
        }
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
