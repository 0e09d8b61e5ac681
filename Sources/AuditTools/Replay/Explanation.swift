// SPDX-License-Identifier: Apache-2.0

import Cedar
package import StrictJSON

/// A decision in words: who asked on what evidence, what was decided by which policies, what would have allowed it.
package struct Explanation: Sendable {
    /// A heading with its lines.
    package struct Part: Sendable {
        /// The heading.
        package let title: String
        /// The lines; strings of callers are escaped.
        package let lines: [String]
    }

    /// The most policies that are told of.
    private static let maximumPolicies = 8

    /// In the order of reading.
    package private(set) var parts: [Part] = []

    /// Explains a record.
    ///
    /// - Parameters:
    ///   - record: A decision.
    ///   - replay: Decides again by the policies that were in force; what it lacks is said in the explanation.
    package init(_ record: LogRecord, by replay: Replay) {
        add("Record", Self.identity(record))
        guard record.type == "decision" else {
            add("Event", ["type \(record.type)"])
            return
        }
        add("Who asked", Self.caller(record))
        add("What was asked", Self.question(record))
        add("Verdict", Self.verdict(record))
        let outcome: Replay.Outcome
        let traces: [PolicyTrace]
        do throws(AuditToolError) {
            outcome = try replay.run(record)
            traces = try replay.trace(record)
        } catch {
            add("Policies", [error.description])
            add("What would have allowed it", Self.remedy(record, []))
            return
        }
        add("Policies", Self.policies(record, traces, try? replay.policies(for: record)))
        add("Decided again", Self.comparison(outcome))
        if record.text("dec.verdict") != "allow" { add("What would have allowed it", Self.remedy(record, traces)) }
    }

    private mutating func add(_ title: String, _ lines: [String]) {
        parts.append(Part(title: title, lines: lines.map { SafeText.terminal($0) }))
    }

    /// The explanation as JSON: headings with their lines.
    package var json: JSONObject {
        var object = JSONObject()
        for part in parts { object.append(part.title, .array(part.lines.map { .string($0) })) }
        return object
    }

    private static func identity(_ record: LogRecord) -> [String] {
        let proof = record.isVerified ? "proved to be under the signed checkpoint" : "NOT proved to be in the log"
        return ["\(record.id), entry \(record.index) of \(record.origin), \(proof)", record.text("ts") ?? ""]
    }

    private static func caller(_ record: LogRecord) -> [String] {
        var lines: [String] = []
        let kind = record.text("who.type") ?? "nobody that could be identified"
        if let subject = record.disclosed("sub")?.stringValue {
            let name = [record.disclosed("name"), record.disclosed("email")].compactMap { $0?.stringValue }
            lines.append("\(kind) \(subject)" + (name.isEmpty ? "" : " (\(name.joined(separator: ", ")))"))
        } else if record.value("sd.sub") != nil {
            lines.append("\(kind); who it was has been erased")
        } else {
            lines.append(kind)
        }
        if let evidence = record.text("who.auth") {
            var words = ["evidence: \(evidence)"]
            for (label, path) in [("algorithm", "who.alg"), ("key", "who.kid"), ("issuer", "who.iss")] {
                if let text = record.text(path) { words.append("\(label) \(text)") }
            }
            let audiences = record.texts("who.aud")
            if !audiences.isEmpty { words.append("for \(audiences.joined(separator: ", "))") }
            if let expiry = record.number("who.exp") { words.append("valid until Unix time \(expiry)") }
            if let level = record.text("who.acr") { words.append("level \(level)") }
            let methods = record.texts("who.amr")
            if !methods.isEmpty { words.append("by \(methods.joined(separator: ", "))") }
            lines.append(words.joined(separator: ", "))
        }
        if let link = record.text("who.tok") { lines.append("uses of the same credential carry \(link)") }
        return lines
    }

    private static func question(_ record: LogRecord) -> [String] {
        let method = record.text("act.method") ?? "?"
        var lines = ["\(method) \(record.text("act.route") ?? "(no route)") at \(record.text("act.host") ?? "?")"]
        if let action = record.text("act.action") {
            let resource = record.disclosed("resource")?.stringValue ?? "(not disclosed)"
            lines.append("action \(action) on \(record.text("act.resource_type") ?? "?") \(resource)")
        }
        lines.append(
            "through gateway \(record.text("gw.name") ?? "?") (\(record.text("gw.proto") ?? "?"), "
                + "authenticated by \(record.text("gw.peer_auth") ?? "?"))")
        return lines
    }

    private static func verdict(_ record: LogRecord) -> [String] {
        let status = record.number("dec.status").map { ", HTTP status \($0)" } ?? ""
        return ["\((record.text("dec.verdict") ?? "?").uppercased()): \(record.text("dec.reason") ?? "?")\(status)"]
    }

    private static func policies(_ record: LogRecord, _ traces: [PolicyTrace], _ set: PolicySet?) -> [String] {
        let names = record.texts("dec.policies")
        guard !names.isEmpty else {
            return [traces.isEmpty ? "none was asked" : "none of \(traces.count) policies was satisfied"]
        }
        return names.prefix(maximumPolicies).flatMap { name -> [String] in
            guard let policy = set?[PolicyID(name)] else { return ["\(name) decided; its text is not kept"] }
            let text = policy.cedarText().split(separator: "\n").map { "    \($0)" }
            return ["\(name) decided (\(policy.effect.rawValue)):"] + text
        }
    }

    private static func comparison(_ outcome: Replay.Outcome) -> [String] {
        switch outcome.comparison {
        case .same: ["the same policies give the same verdict for the same input"]
        case .flipped: ["THE SAME POLICIES GIVE ANOTHER VERDICT for the recorded input"]
        case .notComparable(let reason): ["not possible: \(reason)"]
        }
    }

    /// What is missing, nearest policies first.
    private static func remedy(_ record: LogRecord, _ traces: [PolicyTrace]) -> [String] {
        let reason = record.text("dec.reason") ?? ""
        guard reason == "policy_denied" else {
            return [
                "the refusal `\(reason)` came before or beside the policies; docs/faults.md says what to do about it"
            ]
        }
        let forbids = traces.filter { $0.effect == .forbid && $0.outcome == .satisfied }
        var lines = forbids.prefix(maximumPolicies).map { "forbid \($0.policy) must not apply" }
        if traces.contains(where: { $0.effect == .permit && $0.outcome == .satisfied }) { return lines }
        let permits = traces.filter { $0.effect == .permit }.sorted { first, second in
            (first.isInScope ? 0 : 1, distance(first)) < (second.isInScope ? 0 : 1, distance(second))
        }
        for permit in permits.prefix(forbids.isEmpty ? 5 : 3) {
            switch permit.outcome {
            case .satisfied: break
            case .missed(let parts):
                lines.append("permit \(permit.policy) needs: \(parts.joined(separator: "; and "))")
            case .failed(let problem):
                lines.append("permit \(permit.policy) could not be evaluated: \(problem)")
            }
        }
        if permits.isEmpty { lines.append("there is no permit in the set") }
        return lines
    }

    private static func distance(_ trace: PolicyTrace) -> Int {
        switch trace.outcome {
        case .satisfied: 0
        case .missed(let parts): parts.count
        case .failed: 1
        }
    }
}
