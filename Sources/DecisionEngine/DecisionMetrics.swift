// SPDX-License-Identifier: Apache-2.0

import Callout
package import CoreMetrics
import Synchronization

/// The metrics of decisions; handlers are made once and kept.
package final class DecisionMetrics: Sendable {
    /// Stages as everywhere: in budgets, metrics and records.
    enum Stage: Int, CaseIterable {
        case match, identify, enrich, decide, apply, record
    }

    /// One sentence for each metric, for scrapers.
    package static let help: [String: String] = [
        "countersign_decisions_total": "Decisions by protocol, verdict and reason.",
        "countersign_decision_seconds": "Time from the arrival of a request to its verdict, by protocol.",
        "countersign_stage_seconds": "Time spent in a stage of the decision.",
    ]

    private let factory: any MetricsFactory
    private let latency: [CalloutRequest.Dialect: CoreMetrics.Timer]
    private let stages: [CoreMetrics.Timer]
    private let counters = Mutex<[CounterKey: Counter]>([:])

    private struct CounterKey: Hashable {
        let dialect: CalloutRequest.Dialect
        let reason: ReasonCode
    }

    /// Makes the handlers.
    package init(factory: any MetricsFactory) {
        self.factory = factory
        latency = Dictionary(
            uniqueKeysWithValues: CalloutRequest.Dialect.allCases.map { dialect in
                let dimensions = [("protocol", dialect.rawValue)]
                return (dialect, Timer(label: "countersign_decision_seconds", dimensions: dimensions, factory: factory))
            }
        )
        stages = Stage.allCases.map {
            Timer(label: "countersign_stage_seconds", dimensions: [("stage", "\($0)")], factory: factory)
        }
    }

    func count(_ verdict: Verdict, _ dialect: CalloutRequest.Dialect, nanoseconds: Int64) {
        let key = CounterKey(dialect: dialect, reason: verdict.reason)
        let counter = counters.withLock { counters in
            if let known = counters[key] { return known }
            let dimensions = [
                ("protocol", dialect.rawValue), ("verdict", verdict.outcome.rawValue),
                ("reason", verdict.reason.rawValue),
            ]
            let new = Counter(label: "countersign_decisions_total", dimensions: dimensions, factory: factory)
            counters[key] = new
            return new
        }
        counter.increment()
        latency[dialect]?.recordNanoseconds(nanoseconds)
    }

    func time(_ stage: Stage, nanoseconds: Int64) {
        stages[stage.rawValue].recordNanoseconds(nanoseconds)
    }
}
