// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import AuditTools
import Cedar
import StrictJSON

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Decides recorded requests again under other policies and shows what flips.",
        discussion: """
            What would this change have decided last week? Requests whose input was erased, or that were refused before policies
            were asked, are counted and left out. Exit 0 nothing flips, 1 some verdicts flip, 2 wrong usage, 3 cannot read or parse.

            Example: countersign replay --log .countersign/audit --policies policies --from 7d
            """
    )

    @OptionGroup var options: LogOptions
    @OptionGroup var period: PeriodOptions

    @Option(name: .long, help: "The directory of .cedar files to decide by.")
    var policies: String

    @Option(name: .long, help: "The most flips that are listed; all are counted.")
    var limit = 100

    @Flag(name: .long, help: "Prints JSON: one object a flip, then one with the counts.")
    var json = false

    func run() throws {
        let set = try PolicyDirectory.read(policies)
        let log = try options.open()
        var filter = RecordStream.Filter()
        (filter.from, filter.to) = try period.bounds()
        filter.types = ["decision"]
        let replay = Replay(store: SetStore(directory: options.log), policies: set)
        var (same, toAllow, toDeny) = (0, 0, 0)
        var left: [String: Int] = [:]
        try options.working { () throws(AuditToolError) in
            try RecordStream(log, filter).forEach { record throws(AuditToolError) in
                let outcome: Replay.Outcome
                do throws(AuditToolError) { outcome = try replay.run(record) } catch {
                    left[error.description, default: 0] += 1
                    return true
                }
                switch outcome.comparison {
                case .same: same += 1
                case .notComparable(let reason): left[reason, default: 0] += 1
                case .flipped:
                    let isAllowed = outcome.response?.decision == .allow
                    if isAllowed { toAllow += 1 } else { toDeny += 1 }
                    if toAllow + toDeny <= limit { Terminal.say(line(record, outcome)) }
                }
                return true
            }
        }
        let reasons = left.sorted { $0.key < $1.key }
        if json {
            let counts: JSONObject = [
                "allow_to_deny": .number(JSONNumber(Int64(toDeny))),
                "deny_to_allow": .number(JSONNumber(Int64(toAllow))),
                "left_out": .object(
                    reasons.reduce(into: JSONObject()) { object, reason in
                        object.append(reason.key, .number(JSONNumber(Int64(reason.value))))
                    }), "same": .number(JSONNumber(Int64(same))),
            ]
            Terminal.say(String(decoding: JSONValue.object(counts).canonicalBytes(), as: UTF8.self))
        } else {
            Terminal.say("decided again: \(same + toAllow + toDeny); allow to deny \(toDeny), deny to allow \(toAllow)")
            for (reason, count) in reasons { Terminal.say("left out: \(count) (\(SafeText.terminal(reason)))") }
        }
        if toAllow + toDeny > 0 { throw ExitCode(1) }
    }

    private func line(_ record: LogRecord, _ outcome: Replay.Outcome) -> String {
        let now = outcome.response?.determining.map(\.text) ?? []
        guard json else {
            let to = outcome.response?.decision == .allow ? "allow" : "deny"
            let by = now.isEmpty ? "no policy" : now.joined(separator: ", ")
            return "\(RecordSummary(leaf: record.leaf, disclosures: []).line)  now \(to) by "
                + SafeText.terminal(by)
        }
        let object: JSONObject = [
            "decision": .string(outcome.response?.decision.rawValue ?? ""), "id": .string(record.id),
            "index": .number(JSONNumber(Int64(clamping: record.index))),
            "policies": .array(now.map { .string($0) }), "recorded": .string(record.text("dec.verdict") ?? ""),
            "recorded_policies": .array(record.texts("dec.policies").map { .string($0) }),
        ]
        return String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self)
    }
}
