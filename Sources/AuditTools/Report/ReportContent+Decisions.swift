// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

extension ReportContent {
    private typealias Count = DecisionFacts.Count

    private func merged(_ part: (DecisionFacts) -> [String: Count]) -> [String: Count] {
        facts.reduce(into: [:]) { all, log in
            for (key, count) in part(log.decisions) {
                for place in 0..<3 { all[key, default: Count()].parts[place] += count.parts[place] }
            }
        }
    }

    func decisionSection() -> ReportSection {
        let days = merged { $0.days.mapValues(\.count) }
        let all = days.values.reduce(into: Count()) { all, count in
            for place in 0..<3 { all.parts[place] += count.parts[place] }
        }
        var section = ReportSection(
            4, "Decisions",
            [
                "\(all.total) decisions: \(all.parts[0]) allowed, \(all.parts[1]) denied, \(all.parts[2]) failed. "
                    + "Denied or failed: \(Self.share(all))."
            ])
        section.chart = days.sorted { $0.key < $1.key }.map { ReportBar(label: $0.key, parts: $0.value.parts) }
        section.tables = [
            counts("decisions-by-day", "By day", "Day", days.sorted { $0.key < $1.key }),
            counts("decisions-by-gateway", "By gateway", "Gateway", Self.largest(merged { $0.gateways })),
            counts("decisions-by-route", "By route", "Route", Self.largest(merged { $0.routes })),
            counts("decisions-by-reason", "By reason", "Reason", Self.largest(merged { $0.reasons })),
            denials(),
        ]
        return section
    }

    private static func largest(_ counts: [String: Count]) -> [(key: String, value: Count)] {
        counts.sorted { ($1.value.total, $0.key) < ($0.value.total, $1.key) }
    }

    private func counts(
        _ name: String, _ title: String, _ column: String, _ counts: [(key: String, value: Count)]
    ) -> ReportTable {
        var table = ReportTable(name, title, [column, "Allowed", "Denied", "Failed", "All", "Denied or failed"])
        table.rows = counts.map { key, count in
            [
                ReportCell(key), .count(count.parts[0]), .count(count.parts[1]), .count(count.parts[2]),
                .count(count.total), ReportCell(Self.share(count), isNumber: true),
            ]
        }
        table.query = query("type=decision")
        table.whenEmpty = "No decision was recorded in the period."
        return table
    }

    private static func share(_ count: Count) -> String {
        guard count.total > 0 else { return "-" }
        let tenths = (count.total - count.parts[0]) * 1000 / count.total
        return "\(tenths / 10).\(tenths % 10) %"
    }

    private func denials() -> ReportTable {
        var table = ReportTable("denials", "Most frequent denials", ["Route", "Reason", "Denied", "Failed"])
        table.rows = Self.largest(merged { $0.denials }).map { key, count in
            let parts = key.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return [
                ReportCell(parts[0]), ReportCell(parts.count > 1 ? parts[1] : ""), .count(count.parts[1]),
                .count(count.parts[2]),
            ]
        }
        table.query = query("type=decision", "verdict!=allow")
        table.whenEmpty = "Nothing was denied in the period."
        return table
    }

    func sampleSection() -> ReportSection {
        var section = ReportSection(
            5, "Random sample",
            [
                SampleDraw.method,
                "Each decision below was proved to be in the log (sample-proofs.jsonl; `audit prove --check` checks one line) and "
                    + "decided again from its disclosed input by the policies that were in force.",
            ])
        var columns = [
            "Entry", "Decision", "Time", "Request", "Verdict", "Reason", "Policies", "Proof", "Decided again",
        ]
        if scope.isDisclosing { columns.insert("Caller", at: 3) }
        var table = ReportTable("sample", "Sample of \(samples.count)", columns)
        table.rows = samples.map { sample in
            let record = sample.record
            let isWrong = sample.isException && record.isVerified
            var row = [
                ReportCell(String(record.index), isNumber: true), ReportCell(record.id),
                ReportCell(record.text("ts") ?? ""),
                ReportCell("\(record.text("act.method") ?? "?") \(record.text("act.route") ?? "-")"),
                ReportCell(record.text("dec.verdict") ?? ""), ReportCell(record.text("dec.reason") ?? ""),
                ReportCell(record.texts("dec.policies").joined(separator: ", ")),
                ReportCell(record.isVerified ? "proved" : "NOT PROVED", isException: !record.isVerified),
                ReportCell(sample.again, isException: isWrong),
            ]
            if scope.isDisclosing {
                row.insert(ReportCell(record.disclosed("sub")?.stringValue ?? "(not disclosed)"), at: 3)
            }
            return row
        }
        table.query = query("type=decision")
        table.whenEmpty = "There was no decision to draw."
        section.tables = [table]
        return section
    }

    func availabilitySection() -> ReportSection {
        var section = ReportSection(
            10, "Availability and latency",
            ["Latency is the time from a request's arrival to the writing of its record; the upper end of its bucket."])
        var days = ReportTable(
            "latency-by-day", "By day", ["Log", "Day", "Decisions", "Failed", "Median µs", "95 % µs", "99 % µs"])
        for log in facts {
            days.rows += log.decisions.days.sorted { $0.key < $1.key }.map { key, day in
                [
                    ReportCell(log.log.origin), ReportCell(key), .count(day.count.total), .count(day.count.parts[2]),
                    .count(Int(day.latency.quantile(0.5))), .count(Int(day.latency.quantile(0.95))),
                    .count(Int(day.latency.quantile(0.99))),
                ]
            }
        }
        days.query = query("type=decision")
        let upstream = table("upstreams", "Breakers and identity providers", ["upstream.state"])
        section.tables = [days, upstream]
        return section
    }
}
