// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import AuditTools
import CountersignServer
import Foundation

struct TailLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Follows the log as it is published.",
        discussion: """
            Shows records once they are under a signed checkpoint, that is within a second, each proved. Ends with 0 on Ctrl-C, on
            SIGTERM, and when nobody reads the output any more.

            Example: countersign audit tail --log .countersign/audit --where verdict=deny --json
            """
    )

    @OptionGroup var options: LogOptions

    @Option(name: .long, help: "How many of the newest records to begin with: 0 to 10,000.")
    var last = 10

    @Option(
        name: .customLong("where"),
        help:
            "NAME=VALUE or NAME!=VALUE; a short name such as verdict, or a path such as dec.status; A|B for one of two."
    )
    var conditions: [String] = []

    @Flag(name: .long, help: "Shows what is still disclosed of personal data.")
    var disclose = false

    @Flag(name: .long, help: "Prints JSON, one object a line.")
    var json = false

    @Flag(name: .long, help: "Shows what there is and ends.")
    var once = false

    func validate() throws {
        guard (0...10_000).contains(last) else { throw ValidationError("--last must be 0 to 10000") }
    }

    func run() async throws {
        let conditions = try options.working { () throws(AuditToolError) in
            var read: [RecordCondition] = []
            for text in self.conditions { read.append(try RecordCondition(text)) }
            return read
        }
        let formatter = RecordFormatter(.jsonl, isDisclosing: disclose, version: CountersignVersion.text)
        for number in [SIGINT, SIGTERM] { signal(number) { _ in _exit(0) } }
        signal(SIGPIPE) { _ in _exit(0) }
        var log = try options.open()
        if disclose {
            try await ReadersMark.leave("tail", log: options.log, details: self.conditions.joined(separator: " "))
        }
        var next = log.size - min(log.size, UInt64(last))
        while true {
            if next < log.size {
                try options.working { () throws(AuditToolError) in
                    try RecordStream(log).forEach(from: next) { record throws(AuditToolError) in
                        guard conditions.allSatisfy({ $0.holds(for: record) }) else { return true }
                        Terminal.put(Array(line(record, formatter).utf8))
                        return true
                    }
                }
                next = log.size
            }
            if once { return }
            try await Task.sleep(for: .milliseconds(100))
            // A checkpoint that is being replaced is there again at the next look; a log that shrinks is not followed.
            if let newer = try? options.open(), newer.size >= next { log = newer }
        }
    }

    private func line(_ record: LogRecord, _ formatter: RecordFormatter) -> String {
        guard !json else { return formatter.line(record) }
        let shown = RecordSummary(leaf: record.leaf, disclosures: disclose ? record.disclosures : [])
        return "\(record.index)  \(shown.line)\(record.isVerified ? "" : "  UNVERIFIED")\n"
    }
}
