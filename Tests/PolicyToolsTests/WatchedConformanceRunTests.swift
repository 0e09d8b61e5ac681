// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PolicyTools

@Suite("A worker process that dies costs one case", .timeLimit(.minutes(30)))
struct WatchedConformanceRunTests {
    /// A worker of five cases; `$1` are commands run in place of case 2.
    private func run(_ second: String, before: String = "") throws -> ConformanceReport? {
        let script = """
            list=$(cat); [ -n "$list" ] || list=0,1,2,3,4
            \(before)
            echo '{"found":5}'
            for i in $(echo "$list" | tr , ' '); do
                echo "{\\"started\\":$i,\\"name\\":\\"c$i\\"}"
                if [ "$i" = 2 ]; then \(second); fi
                echo "{\\"finished\\":$i,\\"isCase\\":true,\\"checks\\":1,\\"requests\\":0,\\"failures\\":[]}"
            done
            echo '{"done":true}'
            """
        var run = WatchedConformanceRun(worker: .init(executable: "/bin/sh", arguments: ["-c", script]))
        return try run.run()
    }

    @Test("a worker that does all gives everything in one go")
    func sound() throws {
        let report = try #require(try run(":"))
        #expect((report.passed, report.failed) == (5, 0))
    }

    @Test(
        "a case that kills the worker fails, the others are run",
        arguments: ["kill -SEGV $$", "kill -KILL $$", "exit 7"])
    func crash(_ command: String) throws {
        let report = try #require(try run(command))
        #expect((report.passed, report.failed) == (4, 1))
        #expect(report.failures.map(\.name) == ["c2"] && report.failures.map(\.check) == ["crash"])
        #expect(report.exitCode == 1)
    }

    @Test("a case that only fails beside others passes alone")
    func innocent() throws {
        let report = try #require(try run(#"[ "$list" = 2 ] || kill -SEGV $$"#))
        #expect((report.passed, report.failed) == (5, 0))
    }

    @Test("a worker that refuses its paths gives no report")
    func refusal() throws { #expect(try run(":", before: "exit 2") == nil) }

    @Test("a worker that never begins, or is no program, is a usage error")
    func neverBegins() throws {
        #expect(throws: ToolError.self) { try run(":", before: "kill -KILL $$") }
        var absent = WatchedConformanceRun(worker: .init(executable: "/nonexistent", arguments: []))
        #expect(throws: ToolError.self) { try absent.run() }
    }

    @Test("a journal that was cut short or is nonsense does not lead astray")
    func nonsense() throws {
        let report = try #require(try run("echo '{\"finished\":'; echo x; echo '{}'"))
        #expect((report.passed, report.failed) == (5, 0))
    }

    @Test("events survive their line")
    func lines() throws {
        let failure = CaseFailure("é\n", "request 1", expected: "a\"b", actual: "\u{0}")
        let result = ConformanceRun.CaseResult(isCase: false, checks: 3, requests: 2, failures: [failure])
        guard case .finished(7, let read)? = JournalEvent(JournalEvent.finished(7, result).line.dropLast()) else {
            Issue.record("not read back")
            return
        }
        #expect((read.isCase, read.checks, read.requests) == (false, 3, 2))
        #expect(read.failures == [failure])
    }
}
