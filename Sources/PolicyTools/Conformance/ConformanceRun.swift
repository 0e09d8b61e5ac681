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

        /// More jobs than this make nothing faster.
        package static let maximumJobs = 64

        /// As many jobs as there are processors, 10 s a case.
        package init(
            jobs: Int? = nil, root: String? = nil, timeLimit: Double = 10
        ) {
            self.jobs = max(1, min(jobs ?? ProcessInfo.processInfo.activeProcessorCount, Self.maximumJobs))
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
        /// What is still to be started, in reverse order.
        var queue: [Int] = []
        var results: [Int: CaseResult] = [:]
        var started: [Int: Date] = [:]
        var open = 0
    }

    /// Runs one case.
    typealias Perform = @Sendable (Candidate, Options) -> CaseResult

    private let candidates: [Candidate]
    private let perform: Perform
    private let options: Options
    private let state = Mutex(State())
    private let finished = NSCondition()
    /// Told of every start and end of a case, from any thread.
    private let journal: @Sendable (JournalEvent) -> Void

    /// Expressions nest, and what walks over them recurses.
    private static let stackSize = 16 << 20

    /// Opens the sources.
    ///
    /// - Throws: ``ToolError`` if a path is missing, damaged or refused.
    package convenience init(paths: [String], options: Options = Options()) throws(ToolError) {
        try self.init(paths: paths, options: options) { _ in }
    }

    convenience init(
        paths: [String], options: Options, journal: @escaping @Sendable (JournalEvent) -> Void
    ) throws(ToolError) {
        var candidates: [Candidate] = []
        for path in paths {
            let source = try CaseSource(path: path)
            candidates += try source.candidates().map { Candidate(name: $0, source: source) }
        }
        self.init(candidates: candidates, options: options, journal: journal) { candidate, options in
            var runner = CaseRunner(name: candidate.name, source: candidate.source, root: options.root)
            let isCase = runner.run()
            return CaseResult(
                isCase: isCase, checks: runner.checks, requests: runner.requests, failures: runner.failures)
        }
    }

    init(
        candidates: [Candidate], options: Options, journal: @escaping @Sendable (JournalEvent) -> Void = { _ in },
        perform: @escaping Perform
    ) {
        self.candidates = candidates
        self.options = options
        self.journal = journal
        self.perform = perform
    }

    /// How many files may be cases.
    var candidateCount: Int { candidates.count }

    /// Runs every case; one that takes too long is given up and counts as failed.
    package func run() -> ConformanceReport {
        let start = Date()
        run(only: Array(candidates.indices))
        let results = state.withLock { $0.results }
        return ConformanceReport(
            results: results.map { (candidates[$0.key].name, $0.key, $0.value) },
            seconds: Date().timeIntervalSince(start))
    }

    /// Runs some of the cases and waits for them.
    func run(only indices: [Int]) {
        let queue = indices.filter { candidates.indices.contains($0) }
        state.withLock { $0 = State(queue: queue.reversed(), open: queue.count) }
        for _ in 0..<min(options.jobs, queue.count) { startWorker() }
        finished.lock()
        while let deadline = giveUpOverdue() { _ = finished.wait(until: deadline) }
        finished.unlock()
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
        let index = state.withLock { state -> Int? in
            guard let index = state.queue.popLast() else { return nil }
            state.started[index] = Date()
            return index
        }
        if let index { journal(.started(index, name: candidates[index].name)) }
        return index
    }

    /// Keeps a result; `false` if the case was given up meanwhile, and with it this worker.
    private func store(_ result: CaseResult, at index: Int) -> Bool {
        let isKept = state.withLock { state in
            guard state.results[index] == nil else { return false }
            state.results[index] = result
            state.started[index] = nil
            return true
        }
        guard isKept else { return false }
        journal(.finished(index, result))
        // Only now may the run end: the journal is complete up to here.
        let isLast = state.withLock { state in
            state.open -= 1
            return state.open == 0
        }
        if isLast {
            finished.lock()
            finished.signal()
            finished.unlock()
        }
        return true
    }

    /// Fails the cases that have run too long, each with a new worker in place of the lost one.
    ///
    /// - Returns: When to look again; `nil` once every case has a result.
    private func giveUpOverdue() -> Date? {
        let now = Date()
        let overdue = state.withLock { state in
            state.started.filter { now.timeIntervalSince($0.value) >= options.timeLimit }.map(\.key)
        }
        for index in overdue {
            let limit = "an end within \(Int(options.timeLimit)) s"
            let failure = CaseFailure(candidates[index].name, "time", expected: limit, actual: "none")
            if store(CaseResult(checks: 1, failures: [failure]), at: index) { startWorker() }
        }
        return state.withLock { state in
            guard state.open > 0 else { return nil }
            return (state.started.values.min() ?? now).addingTimeInterval(options.timeLimit + 0.05)
        }
    }
}
