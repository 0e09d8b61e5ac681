// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON

/// The report's sections, made of what was read.
struct ReportContent {
    let facts: [LogFacts]
    let scope: EvidenceReport.Scope
    let access: AccessLog?
    let samples: [SampledDecision]
    let isSigned: Bool
    private(set) var sections: [ReportSection] = []
    private(set) var exceptions: [ReportException] = []

    init(
        _ facts: [LogFacts], _ scope: EvidenceReport.Scope, _ access: AccessLog?, _ samples: [SampledDecision],
        isSigned: Bool
    ) {
        (self.facts, self.scope, self.access) = (facts, scope, access)
        (self.samples, self.isSigned) = (samples, isSigned)
    }

    mutating func build() {
        let bodies = [
            scopeSection(), integritySection(), completenessSection(), decisionSection(), sampleSection(),
            policySection(), configurationSection(), credentialSection(), administratorSection(),
            availabilitySection(), erasureSection(),
        ]
        for body in bodies { gather(body) }
        sections = bodies + [exceptionSection(), controlSection()]
    }

    /// Whatever is red in a section is an exception.
    private mutating func gather(_ section: ReportSection) {
        for table in section.tables {
            for row in table.rows where row.contains(where: \.isException) {
                let red = row.filter(\.isException).map(\.text).joined(separator: "; ")
                exceptions.append(
                    ReportException(
                        section: section.number, what: "\(table.title): \(red)", place: row.first?.text ?? ""))
            }
        }
    }

    /// What follows ``command`` for the records behind a table.
    func query(_ conditions: String...) -> String { query(conditions) }

    func query(_ conditions: [String]) -> String {
        conditions.map { "--where '\($0)'" }.joined(separator: " ")
    }

    /// The beginning of every query.
    var command: String {
        "countersign audit export --log DIR --from \(Self.moment(scope.from)) --to \(Self.moment(scope.to))"
    }

    static func moment(_ microseconds: Int64) -> String {
        let text = AuditTimestamp(microseconds: microseconds).description
        return text.hasSuffix("T00:00:00.000000Z") ? String(text.prefix(10)) : text.prefix(19) + "Z"
    }

    /// Records of some types of the period, of all logs.
    func events(_ types: Set<String>) -> [LogRecord] {
        facts.flatMap { $0.events(types, from: scope.from, to: scope.to) }
    }

    /// What a record says, in a few words: members that are plain values, and counts of the others.
    static func details(_ record: LogRecord, without: Set<String> = []) -> String {
        record.content.members.filter { !without.contains($0.key) }.map { member in
            "\(member.key): \(plain(member.value))"
        }.joined(separator: "; ")
    }

    static func plain(_ value: JSONValue) -> String {
        switch value {
        case .null: "none"
        case .bool(let flag): flag ? "yes" : "no"
        case .number(let number): number.text
        case .string(let text): text
        case .array(let elements):
            elements.isEmpty
                ? "none"
                : elements.count <= 6 ? elements.map { plain($0) }.joined(separator: ", ") : "\(elements.count) entries"
        case .object(let object):
            object.members.prefix(6).map { "\($0.key) \(plain($0.value))" }.joined(separator: ", ")
        }
    }

    /// A table of events as they are.
    func table(
        _ name: String, _ title: String, _ types: Set<String>, red: Set<String> = []
    ) -> ReportTable {
        var table = ReportTable(name, title, ["Time", "Event", "What it says", "Log", "Entry"])
        table.rows = events(types).map { record in
            [
                ReportCell(record.text("ts") ?? ""),
                ReportCell(record.type, isException: red.contains(record.type)), ReportCell(Self.details(record)),
                ReportCell(record.origin), ReportCell(String(record.index), isNumber: true),
            ]
        }
        table.query = query("type=" + types.sorted().joined(separator: "|"))
        return table
    }
}
