// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON

/// What came of a run.
package struct ConformanceReport: Sendable {
    /// Cases all of whose checks passed.
    package private(set) var passed = 0
    /// Cases with a check that failed.
    package private(set) var failed = 0
    /// Checks of all cases.
    package private(set) var checks = 0
    /// Requests of all cases.
    package private(set) var requests = 0
    /// How long the run took.
    package let seconds: Double
    /// Every failing check, by the name of its case.
    package private(set) var failures: [CaseFailure] = []

    /// A run without any case.
    package static let empty = ConformanceReport(results: [], seconds: 0)

    /// Puts results in the order of the cases' names; those of one name in the order of their sources.
    init(results: [(name: String, index: Int, result: ConformanceRun.CaseResult)], seconds: Double) {
        self.seconds = seconds
        let ordered = results.sorted { left, right in
            if left.name.utf8.elementsEqual(right.name.utf8) { return left.index < right.index }
            return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
        for (_, _, result) in ordered where result.isCase { add(result) }
    }

    private mutating func add(_ result: ConformanceRun.CaseResult) {
        if result.failures.isEmpty { passed += 1 } else { failed += 1 }
        checks += result.checks
        requests += result.requests
        failures += result.failures
    }

    /// 0 if every case passed, 1 if one failed, 2 if there was none.
    package var exitCode: Int32 { failed > 0 ? 1 : passed > 0 ? 0 : 2 }

    /// A line for each failing check, then the counts; `N passed, N failed` comes last.
    ///
    /// - Parameter maximumFailures: How many failing checks are listed; all are counted.
    /// - Returns: The lines, without line breaks.
    package func lines(maximumFailures: Int = .max) -> [String] {
        let cases = passed + failed
        return failures.prefix(max(0, maximumFailures)).map(\.description) + [
            "cases: \(cases), checks: \(checks), requests: \(requests), elapsed: \(elapsed) s",
            "\(passed) passed, \(failed) failed",
        ]
    }

    /// The run as one JSON object.
    package func json(maximumFailures: Int = .max) -> [UInt8] {
        let list = failures.prefix(max(0, maximumFailures)).map { failure -> JSONValue in
            [
                "case": .string(failure.name), "check": .string(failure.check),
                "expected": .string(failure.expected), "actual": .string(failure.actual),
            ]
        }
        let object: JSONValue = [
            "passed": .number(JSONNumber(Int64(passed))), "failed": .number(JSONNumber(Int64(failed))),
            "checks": .number(JSONNumber(Int64(checks))), "requests": .number(JSONNumber(Int64(requests))),
            "seconds": JSONNumber(seconds).map { .number($0) } ?? 0, "failures": .array(list),
        ]
        return object.canonicalBytes()
    }

    private var elapsed: String { String(format: "%.2f", seconds) }
}
