// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PolicyTools

struct PolicyConformanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance", abstract: "Replays Cedar test cases against the engine.",
        discussion: """
            PATH is a directory (searched with everything below it), a .tar.gz, .tgz or .tar archive, or one case file. \
            Every request is decided by the compiled engine and by the reference evaluator; they must agree with the \
            case and with each other. The last line is `N passed, N failed`, counting cases.

            Exit codes: 0 all passed, 1 a case failed, 2 wrong usage, an unreadable path or no case at all.

            Example: countersign policy conformance corpus-tests.tar.gz
            Example: countersign policy conformance --json --jobs 4 conformance/tests
            """
    )

    @Flag(name: .long, help: "Prints one JSON object.")
    var json = false

    @Option(name: .long, help: "How many cases run at once; as many as there are processors by default.")
    var jobs: Int?

    @Option(name: .long, help: "How many failing checks are listed; all by default.")
    var maxFailures: Int?

    @Option(name: .long, help: "Where files that cases name are looked for first.")
    var root: String?

    @Argument(help: "Directories, archives, case files.")
    var paths: [String]

    func validate() throws {
        guard !paths.isEmpty else { throw ValidationError("a path is missing") }
        guard jobs.map({ $0 >= 1 }) ?? true else { throw ValidationError("--jobs wants 1 or more") }
        guard maxFailures.map({ $0 >= 0 }) ?? true else { throw ValidationError("--max-failures wants 0 or more") }
    }

    @Flag(name: .long, help: ArgumentHelp("Runs cases for another process.", visibility: .private))
    var worker = false

    func run() throws {
        var options = ConformanceRun.Options(root: root)
        if let jobs { options.jobs = min(jobs, ConformanceRun.Options.maximumJobs) }
        let report: ConformanceReport?
        do throws(ToolError) {
            if worker { return try ConformanceWorker.run(paths: paths, options: options) }
            report = try self.report(options)
        } catch {
            Terminal.complain(error.description)
            if !worker { print(.empty) }
            throw ExitCode(2)
        }
        print(report ?? .empty)
        if let report, report.exitCode == 2 {
            Terminal.complain(
                "there is no case in \(paths.joined(separator: ", ")); a case is a JSON object with `requests`")
        }
        let code = report?.exitCode ?? 2
        if code != 0 { throw ExitCode(code) }
    }

    /// Runs the cases in a process of their own, or in this one where no process can be started.
    private func report(_ options: ConformanceRun.Options) throws(ToolError) -> ConformanceReport? {
        if let executable = Terminal.executable {
            var arguments = ["policy", "conformance", "--worker", "--jobs", String(options.jobs)]
            if let root { arguments += ["--root", root] }
            var run = WatchedConformanceRun(
                worker: .init(executable: executable, arguments: arguments + ["--"] + paths))
            do throws(ToolError) { return try run.run() } catch { Terminal.complain(error.description) }
        }
        return try ConformanceRun(paths: paths, options: options).run()
    }

    private func print(_ report: ConformanceReport) {
        if json {
            Terminal.say(String(decoding: report.json(maximumFailures: maxFailures ?? .max), as: UTF8.self))
        } else {
            for line in report.lines(maximumFailures: maxFailures ?? .max) { Terminal.say(line) }
        }
    }
}
