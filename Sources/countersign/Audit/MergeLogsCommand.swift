// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import AuditTools
import CountersignServer

struct MergeLogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Writes the records of several logs as one stream, ordered by time.",
        discussion: """
            Ordered by time, origin and index; each line has its origin and index. Each log keeps its own proof: a record that is
            not proved is marked, and the command exits 1. Keys are those given, else each directory's own log.vkey.

            Exit 0 done, 1 a log cannot be used or a record is not proved, 2 wrong usage, 3 cannot write.

            Example: countersign audit merge a/audit b/audit --key @keys.txt > merged.jsonl
            """
    )

    @Argument(help: "The audit directories.")
    var directories: [String]

    @Option(name: .long, help: "A verifier key, or @FILE. May be repeated.")
    var key: [String] = []

    @OptionGroup var period: PeriodOptions

    @Option(name: .long, help: "jsonl, csv or ocsf.")
    var format: ExportFormat = .jsonl

    @Option(name: .long, help: "The file to write; standard output by default.")
    var out: String?

    @Flag(name: .long, help: "Writes what is still disclosed of personal data.")
    var disclose = false

    func run() async throws {
        guard !directories.isEmpty else { throw ValidationError("at least one audit directory is needed") }
        let all = directories.map { directory -> LogOptions in
            var options = LogOptions()
            (options.log, options.key) = (directory, key)
            return options
        }
        let logs = try all.map { try $0.open() }
        guard Set(logs.map(\.origin)).count == logs.count else {
            Terminal.complain(
                "two of the directories are of the same log: \(logs.map(\.origin).joined(separator: ", "))")
            throw ExitCode(2)
        }
        if disclose { for options in all { try await ReadersMark.leave("merge", log: options.log) } }
        var filter = RecordStream.Filter()
        (filter.from, filter.to) = try period.bounds()
        var merge = LogMerge(logs, filter)
        var unproved = 0
        try all[0].working { () throws(AuditToolError) in
            let formatter = RecordFormatter(format, isDisclosing: disclose, version: CountersignVersion.text)
            let file = try OutputFile(path: out)
            try file.write(formatter.header)
            try merge.forEach { record throws(AuditToolError) in
                if !record.isVerified { unproved += 1 }
                try file.write(formatter.line(record))
                return true
            }
            _ = try file.finish()
        }
        if merge.late > 0 {
            Terminal.complain(
                "\(merge.late) records stand behind later ones: a clock was set back by more than a window")
        }
        if unproved > 0 {
            Terminal.complain(
                "\(unproved) records are not proved to be in their log; `audit verify` says what is wrong")
            throw ExitCode(1)
        }
    }
}
