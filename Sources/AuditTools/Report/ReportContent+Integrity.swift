// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

extension ReportContent {
    func scopeSection() -> ReportSection {
        var section = ReportSection(
            1, "Scope and period",
            [
                "This report covers \(Self.moment(scope.from)) up to, but not including, \(Self.moment(scope.to)) (UTC). "
                    + "It was made from the logs below and nothing else.",
                scope.isDisclosing
                    ? "It names callers where their data is still disclosed."
                    : "It names no caller: personal data stands behind commitments and was left closed.",
                "Under each table stand the name of its CSV file, which has all rows, and the query that gives the records "
                    + "behind it; a query goes behind `\(command)`.",
            ])
        var logs = ReportTable("logs", "Replicas", ["Log", "Records", "In the period", "Root of the tree"])
        logs.rows = facts.map { log in
            [
                ReportCell(log.log.origin), .count(Int(clamping: log.log.size)), .count(log.recordsInPeriod),
                ReportCell(log.log.checkpoint.root.base64),
            ]
        }
        var runs = ReportTable(
            "runs", "Runs of the service and modes in force",
            ["Log", "Began", "Last record", "Records", "Mode", "Version", "Ended"])
        for log in facts {
            for (place, run) in log.runs.enumerated() where isInPeriod(run) {
                let isLast = place == log.runs.count - 1
                let end = run.isShutDown ? "by shutdown" : isLast ? "still open" : "without shutdown"
                runs.rows.append([
                    ReportCell(log.log.origin), ReportCell(run.first), ReportCell(run.last), .count(run.records),
                    ReportCell(run.mode, isException: run.mode == "async_drop"), ReportCell(run.version),
                    ReportCell(end, isException: !run.isShutDown && !isLast),
                ])
            }
        }
        runs.query = query("type=boot|shutdown")
        section.tables = [logs, runs]
        return section
    }

    /// Whether a run touches the period; times in text form compare as times do.
    private func isInPeriod(_ run: ServiceRun) -> Bool {
        run.last >= AuditTimestamp(microseconds: scope.from).description
            && run.first < AuditTimestamp(microseconds: scope.to).description
    }

    func integritySection() -> ReportSection {
        var section = ReportSection(
            2, "Integrity",
            [
                "Each log is a Merkle tree (RFC 6962) whose root is signed. For this report every entry was hashed again, "
                    + "every tile compared, the root recomputed and the signature checked.",
                "To check without us: docs/audit.md gives the algorithm and a program of about 60 lines; the checkpoints are in "
                    + "manifest.json, which names every file of this report with its SHA-256"
                    + (isSigned ? " and is signed by the log key in manifest.note." : ". The manifest is not signed."),
            ])
        var results = ReportTable(
            "integrity", "Verification", ["Log", "Result", "Entries hashed", "Signed by", "Cosigned by witnesses"])
        results.rows = facts.map { log in
            let isVerified = log.verification.isVerified
            let problem = log.verification.problems.first.map { "NOT VERIFIED: \($0)" } ?? "verified"
            return [
                ReportCell(log.log.origin), ReportCell(problem, isException: !isVerified),
                .count(Int(clamping: log.verification.entries)),
                ReportCell(log.log.signers.map { "\($0.name)+\($0.hexadecimalKeyID)" }.joined(separator: ", ")),
                ReportCell(
                    log.verification.witnesses.isEmpty ? "none" : log.verification.witnesses.joined(separator: ", ")),
            ]
        }
        var unproved = ReportTable("unproved", "Records that are not proved", ["Log", "Entry", "Finding"])
        for log in facts {
            unproved.rows += log.unproved.map { index in
                [
                    ReportCell(log.log.origin), ReportCell(String(index), isNumber: true),
                    ReportCell("not under the signed root", isException: true),
                ]
            }
        }
        unproved.whenEmpty = "Every record of the period was proved to be under the signed root."
        let keys = table("log-keys", "Log keys and witnesses", ["log.key.rotate", "log.witness"])
        section.tables = [results, unproved, keys]
        return section
    }

    func completenessSection() -> ReportSection {
        var section = ReportSection(
            3, "Completeness",
            [
                "Within one run records are numbered 1, 2, 3 and so on, whatever their type. A number that is missing must be "
                    + "explained by a record of type gap; an unexplained one fails the verification above."
            ])
        var gaps = ReportTable(
            "gaps", "Gaps", ["Time", "Numbers missing", "How many", "Reason", "Log", "Entry"])
        gaps.rows = events(["gap"]).map { record in
            let content = record.content
            let (from, to) = (content["from"]?.int64Value ?? 0, content["to"]?.int64Value ?? 0)
            return [
                ReportCell(record.text("ts") ?? ""), ReportCell("\(from) to \(to)"),
                ReportCell(String(content["count"]?.int64Value ?? 0), isNumber: true, isException: true),
                ReportCell(content["reason"]?.stringValue ?? "", isException: true), ReportCell(record.origin),
                ReportCell(String(record.index), isNumber: true),
            ]
        }
        gaps.query = query("type=gap")
        gaps.whenEmpty = "No record is missing."
        section.tables = [gaps, timesOff(), table("clocks", "Steps of the clock", ["clock.step"], red: ["clock.step"])]
        if let access {
            section.tables += comparison(access)
        } else {
            section.text.append(
                "No access log of a gateway was given (--access-log); completeness toward the gateway was not compared."
            )
        }
        return section
    }

    /// The times between runs.
    private func timesOff() -> ReportTable {
        var table = ReportTable("times-off", "Times without a running log", ["Log", "From", "To", "Seconds"])
        for log in facts {
            for (before, after) in zip(log.runs, log.runs.dropFirst()) where isInPeriod(after) {
                let from = AuditTimestamp(parsing: before.last.utf8)?.microseconds ?? 0
                let to = AuditTimestamp(parsing: after.first.utf8)?.microseconds ?? 0
                table.rows.append([
                    ReportCell(log.log.origin), ReportCell(before.last), ReportCell(after.first),
                    .count(Int(max(0, to - from) / 1_000_000)),
                ])
            }
        }
        table.query = query("type=boot|shutdown")
        table.whenEmpty = "The service did not stop in the period."
        return table
    }

    private func comparison(_ access: AccessLog) -> [ReportTable] {
        var table = ReportTable(
            "access-log", "Comparison with the gateway's access log", ["What", "Decisions", "Examples"])
        table.rows = [
            [ReportCell("In both"), .count(access.matchedCount), ReportCell("")],
            [
                ReportCell("Only in the access log"),
                .count(access.onlyInAccessLogCount, isException: access.onlyInAccessLogCount > 0),
                ReportCell(access.onlyInAccessLog.prefix(5).joined(separator: " ")),
            ],
            [
                ReportCell("Only in the audit log"),
                .count(access.onlyInAuditCount, isException: access.onlyInAuditCount > 0),
                ReportCell(access.onlyInAudit.prefix(5).joined(separator: " ")),
            ],
            [ReportCell("Lines without a decision's id"), .count(access.linesWithoutID), ReportCell("")],
        ]
        return [table]
    }
}
