// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import AuditTools
import StrictJSON

struct ExplainRecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Says in words why a decision came out as it did.",
        discussion: """
            Who asked on what evidence, which policies decided, and what would have allowed it. The policies are those that
            were in force, from <log>/sets. Exit 0 done, 1 no such record, 2 wrong usage.

            Example: countersign audit explain 0192f0c1-7b3a-7000-8f00-0123456789ab --log .countersign/audit
            """
    )

    @Argument(help: "The id of a record, or its index.")
    var name: String

    @OptionGroup var options: LogOptions

    @Flag(name: .long, help: "Prints JSON.")
    var json = false

    func run() async throws {
        try await ReadersMark.leave("explain", log: options.log, details: name)
        let record = try options.record(name)
        let explanation = Explanation(record, by: Replay(store: SetStore(directory: options.log)))
        guard !json else {
            return Terminal.say(
                String(decoding: JSONValue.object(explanation.json).canonicalBytes(), as: UTF8.self))
        }
        for part in explanation.parts {
            Terminal.say("\(part.title)\n" + part.lines.map { "  \($0)" }.joined(separator: "\n"))
        }
    }
}
