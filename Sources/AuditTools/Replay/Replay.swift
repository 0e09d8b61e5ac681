// SPDX-License-Identifier: Apache-2.0

package import Cedar
import StrictJSON

/// Decides recorded requests again: re-performance in the auditor's sense.
///
/// Keeps the engines of a few sets; it is used by one thread at a time.
package final class Replay {
    /// What came of one decision.
    package struct Outcome: Sendable {
        /// How it compares with the record.
        package enum Comparison: Sendable, Hashable {
            /// The same verdict.
            case same
            /// The other verdict.
            case flipped
            /// It cannot be told, for this reason.
            case notComparable(String)
        }

        /// How it compares with the record.
        package let comparison: Comparison
        /// What the policies say now; `nil` if they were not asked.
        package let response: Response?
    }

    private static let maximumEngines = 8

    private let store: SetStore
    /// Policies to decide by instead of those in force.
    private let policies: PolicySet?
    private var engines: [[String]: PolicyEngine] = [:]

    /// Prepares to decide.
    ///
    /// - Parameters:
    ///   - store: Where the sets are that were in force.
    ///   - policies: Other policies; `nil` to decide by those that were in force.
    package init(store: SetStore, policies: PolicySet? = nil) {
        self.store = store
        self.policies = policies
    }

    /// Decides again what a record decided.
    ///
    /// - Throws: ``AuditToolError/missing(_:)`` if the sets that were in force are not kept.
    package func run(_ record: LogRecord) throws(AuditToolError) -> Outcome {
        func cannot(_ reason: String) -> Outcome { Outcome(comparison: .notComparable(reason), response: nil) }
        guard record.type == "decision" else { return cannot("it is no decision") }
        guard let digest = record.text("dec.ctx") else {
            let isAllowed = record.text("dec.verdict") == "allow"
            return cannot(
                isAllowed ? "the record does not say what was evaluated" : "it was refused before policies were asked")
        }
        guard let input = record.disclosed("input") else { return cannot("its input is no longer disclosed") }
        guard digest == "sha256:" + FileDigest.hexadecimal(of: input.canonicalBytes()) else {
            return cannot("its input is not the one that was evaluated")
        }
        let engine = try engine(for: record)
        let recorded = try RecordedInput(input, base: engine.entities)
        if recorded.hasQuery, engine.policies.contextReads.include("request", "query") {
            return cannot("a policy reads query parameters, whose values are never recorded")
        }
        let response: Response
        do throws(EntityError) {
            response = try engine.authorize(recorded.request, entities: recorded.entities)
        } catch {
            throw .missing("the recorded entities contradict each other: \(error)")
        }
        switch (record.text("dec.verdict") ?? "", record.text("dec.reason") ?? "") {
        case ("allow", _):
            return Outcome(comparison: response.decision == .allow ? .same : .flipped, response: response)
        case ("deny", "policy_denied"):
            return Outcome(comparison: response.decision == .deny ? .same : .flipped, response: response)
        case (_, let reason):
            // Something else than the policies' answer decided.
            return Outcome(comparison: .notComparable("`\(reason)` decided, not the policies"), response: response)
        }
    }

    /// Everything about the policies' part in a decision, for an explanation.
    package func trace(_ record: LogRecord) throws(AuditToolError) -> [PolicyTrace] {
        guard let input = record.disclosed("input") else { return [] }
        let engine = try engine(for: record)
        let recorded = try RecordedInput(input, base: engine.entities)
        do throws(EntityError) { return try engine.trace(recorded.request, entities: recorded.entities) } catch {
            throw .missing("the recorded entities contradict each other: \(error)")
        }
    }

    /// The policies by which a record is decided here.
    package func policies(for record: LogRecord) throws(AuditToolError) -> PolicySet {
        try engine(for: record).policies
    }

    private func engine(for record: LogRecord) throws(AuditToolError) -> PolicyEngine {
        let digests = ["policy_set", "entities", "schema"].map { record.text("dec.\($0)") ?? "" }
        let key = policies == nil ? digests : Array(digests[1...])
        if let engine = engines[key] { return engine }
        let set: PolicySet
        if let policies { set = policies } else { set = try store.policies(digests[0]) }
        let engine = PolicyEngine(
            policies: set, entities: try store.entities(digests[1], schema: digests[2]))
        if engines.count >= Self.maximumEngines { engines.removeAll() }
        engines[key] = engine
        return engine
    }
}
