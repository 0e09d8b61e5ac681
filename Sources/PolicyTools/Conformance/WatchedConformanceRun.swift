// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Runs cases in a process of their own, so that a crash costs one case and not the run.
package struct WatchedConformanceRun {
    /// A program that does what ``ConformanceWorker`` does.
    package struct Worker: Sendable {
        /// The program's path.
        package var executable: String
        /// What it is called with.
        package var arguments: [String]

        /// Names a program.
        package init(executable: String, arguments: [String]) {
            self.executable = executable
            self.arguments = arguments
        }
    }

    /// How a worker ended.
    private enum End {
        case done
        case failed(Int32)
        case crashed(String)
    }

    private let worker: Worker
    private var results: [Int: ConformanceRun.CaseResult] = [:]
    private var names: [Int: String] = [:]
    private var count: Int?

    /// So many crashes in a row without any case having begun are no fault of a case.
    private static let maximumIdleCrashes = 3

    /// Takes the program to run.
    package init(worker: Worker) { self.worker = worker }

    /// Runs every case.
    ///
    /// A case during which the worker dies is tried once more alone, and fails if that dies too.
    ///
    /// - Returns: The report; `nil` if the worker refused its paths and has said why on standard error.
    /// - Throws: ``ToolError`` if the worker cannot be run.
    package mutating func run() throws(ToolError) -> ConformanceReport? {
        let start = Date()
        var (wanted, suspects, idleCrashes): ([Int], [Int], Int) = ([], [], 0)
        while true {
            let isAlone = !suspects.isEmpty
            let batch = isAlone ? [suspects.removeFirst()] : wanted
            let (end, open) = try round(batch)
            switch end {
            case .failed: return nil
            case .done: break
            case .crashed(let how):
                if isAlone {
                    fail(batch[0], how)
                } else {
                    suspects = open
                    idleCrashes = open.isEmpty ? idleCrashes + 1 : 0
                }
            }
            guard let count, idleCrashes < Self.maximumIdleCrashes else {
                throw .unreadable(path: worker.executable, reason: "the worker process cannot run")
            }
            wanted = (0..<count).filter { results[$0] == nil && !suspects.contains($0) }
            if wanted.isEmpty, suspects.isEmpty { break }
            if case .done = end, !isAlone {
                // It says that it is done and is not: nothing more will come.
                for index in wanted { fail(index, "the worker left it out") }
                break
            }
        }
        return ConformanceReport(
            results: results.map { (names[$0.key] ?? "case \($0.key)", $0.key, $0.value) },
            seconds: Date().timeIntervalSince(start))
    }

    private mutating func fail(_ index: Int, _ how: String) {
        let name = names[index] ?? "case \(index)"
        let failure = CaseFailure(name, "crash", expected: "an answer", actual: how)
        results[index] = ConformanceRun.CaseResult(checks: 1, failures: [failure])
    }

    /// Runs the worker once.
    ///
    /// - Returns: How it ended, and which cases had begun but not ended then.
    private mutating func round(_ indices: [Int]) throws(ToolError) -> (end: End, open: [Int]) {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: worker.executable)
        process.arguments = worker.arguments
        process.standardInput = input
        process.standardOutput = output
        // A worker that dies before it has read everything must not take this process along.
        signal(SIGPIPE, SIG_IGN)
        do { try process.run() } catch {
            throw .unreadable(path: worker.executable, reason: "the worker process cannot be started")
        }
        try? input.fileHandleForWriting.write(contentsOf: Data(indices.map(String.init).joined(separator: ",").utf8))
        try? input.fileHandleForWriting.close()
        let journal = (try? output.fileHandleForReading.readToEnd()) ?? Data()
        process.waitUntilExit()
        let (open, isDone) = read(Array(journal))
        if process.terminationReason == .uncaughtSignal {
            return (.crashed("the process died of signal \(process.terminationStatus)"), open)
        }
        if process.terminationStatus == 2 { return (.failed(2), open) }
        return (isDone ? .done : .crashed("the process ended with status \(process.terminationStatus)"), open)
    }

    private mutating func read(_ journal: [UInt8]) -> (open: [Int], isDone: Bool) {
        var (open, isDone): (Set<Int>, Bool) = ([], false)
        for line in journal.split(separator: UInt8(ascii: "\n")) {
            switch JournalEvent(line) {
            case .found(let count): self.count = self.count ?? max(0, min(count, 10_000_000))
            case .started(let index, let name):
                names[index] = name
                open.insert(index)
            case .finished(let index, let result):
                results[index] = result
                open.remove(index)
            case .done: isDone = true
            case nil: break
            }
        }
        return (open.filter { results[$0] == nil }.sorted(), isDone)
    }
}
