// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Runs the cases of some sources on several threads and collects what fails.
package final class ConformanceRun: Sendable {
    /// How the run is done.
    package struct Options: Sendable {
        /// How many cases run at once.
        package var jobs: Int
        /// Where referenced files are looked for first.
        package var root: String?
        /// How long one case may take, in seconds.
        package var timeLimit: Double

        /// As many jobs as there are processors, 10 s a case.
        package init(
            jobs: Int? = nil, root: String? = nil, timeLimit: Double = 10
        ) {
            self.jobs = max(1, min(jobs ?? ProcessInfo.processInfo.activeProcessorCount, 64))
            self.root = root
            self.timeLimit = timeLimit
        }
    }

    struct Candidate: Sendable {
        let name: String
        let source: CaseSource
    }

    struct CaseResult: Sendable {
        var isCase = true
        var checks = 0
        var requests = 0
        var failures: [CaseFailure] = []
    }

    private struct State {
        var next = 0
        var results: [CaseResult?]
        var started: [Int: Date] = [:]
        var open: Int
    }

    /// Runs one case.
    typealias Perform = @Sendable (Candidate, Options) -> CaseResult

    private let candidates: [Candidate]
    private let perform: Perform
    private let options: Options
    private let state: Mutex<State>
    private let finished = NSCondition()

    /// Expressions nest, and what walks over them recurses.
    private static let stackSize = 16 << 20

    /// Opens the sources.
    ///
    /// - Throws: ``ToolError`` if a path is missing, damaged or refused.
    package convenience init(paths: [String], options: Options = Options()) throws(ToolError) {
        var candidates: [Candidate] = []
        for path in paths {
            let source = try CaseSource(path: path)
            candidates += try source.candidates().map { Candidate(name: $0, source: source) }
        }
        self.init(candidates: candidates, options: options) { candidate, options in
            var runner = CaseRunner(name: candidate.name, source: candidate.source, root: options.root)
            let isCase = runner.run()
            return CaseResult(
                isCase: isCase, checks: runner.checks, requests: runner.requests, failures: runner.failures)
        }
    }

    init(candidates: [Candidate], options: Options, perform: @escaping Perform) {
        self.candidates = candidates
        self.options = options
        self.perform = perform
        state = Mutex(State(results: Array(repeating: nil, count: candidates.count), open: candidates.count))
    }

    /// Runs every case; one that takes too long is given up and counts as failed.
    package func run() -> ConformanceReport {
        let start = Date()
        for _ in 0..<min(options.jobs, candidates.count) { startWorker() }
        finished.lock()
        while let deadline = giveUpOverdue() { _ = finished.wait(until: deadline) }
        finished.unlock()
        return report(seconds: Date().timeIntervalSince(start))
    }

    private func startWorker() {
        let thread = Thread { [self] in work() }
        thread.stackSize = Self.stackSize
        thread.start()
    }

    private func work() {
        while let index = take() {
            guard store(perform(candidates[index], options), at: index) else { return }
        }
    }

    private func take() -> Int? {
        state.withLock { state in
            guard state.next < candidates.count else { return nil }
            defer { state.next += 1 }
            state.started[state.next] = Date()
            return state.next
        }
    }

    /// Keeps a result; `false` if the case was given up meanwhile, and with it this worker.
    private func store(_ result: CaseResult, at index: Int) -> Bool {
        let (isKept, isLast) = state.withLock { state in
            guard state.results[index] == nil else { return (false, false) }
            state.results[index] = result
            state.started[index] = nil
            state.open -= 1
            return (true, state.open == 0)
        }
        if isLast {
            finished.lock()
            finished.signal()
            finished.unlock()
        }
        return isKept
    }

    /// Fails the cases that have run too long, each with a new worker in place of the lost one.
    ///
    /// - Returns: When to look again; `nil` once every case has a result.
    private func giveUpOverdue() -> Date? {
        let now = Date()
        let (overdue, next) = state.withLock { state -> ([Int], Date?) in
            guard state.open > 0 else { return ([], nil) }
            let overdue = state.started.filter { now.timeIntervalSince($0.value) >= options.timeLimit }.map(\.key)
            for index in overdue {
                let name = candidates[index].name
                var result = CaseResult(checks: 1)
                result.failures = [
                    CaseFailure(name, "time", expected: "an end within \(Int(options.timeLimit)) s", actual: "none")
                ]
                state.results[index] = result
                state.started[index] = nil
                state.open -= 1
            }
            guard state.open > 0 else { return (overdue, nil) }
            let oldest = state.started.values.min() ?? now
            return (overdue, oldest.addingTimeInterval(options.timeLimit + 0.05))
        }
        for _ in overdue { startWorker() }
        return next
    }

    private func report(seconds: Double) -> ConformanceReport {
        let results = state.withLock { $0.results }
        var report = ConformanceReport(seconds: seconds)
        let order = candidates.indices.sorted { left, right in
            let (first, second) = (candidates[left].name, candidates[right].name)
            if first.utf8.elementsEqual(second.utf8) { return left < right }
            return first.utf8.lexicographicallyPrecedes(second.utf8)
        }
        for index in order { if let result = results[index], result.isCase { report.add(result) } }
        return report
    }
}
