// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import AuditTools
import Cedar
import StrictJSON

struct ReplayRecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Decides one recorded request again and compares the verdict.",
        discussion: """
            By the policies that were in force, from <log>/sets, or by those of a directory. Exit 0 the same verdict, 1 another
            one or it cannot be decided again, 2 wrong usage, 3 cannot read or parse.

            Example: countersign audit replay 0192f0c1-7b3a-7000-8f00-0123456789ab --log .countersign/audit
            """
    )

    @Argument(help: "The id of a record, or its index.")
    var name: String

    @OptionGroup var options: LogOptions

    @Option(name: .long, help: "A directory of .cedar files to decide by instead.")
    var policies: String?

    @Flag(name: .long, help: "Prints JSON.")
    var json = false

    func run() async throws {
        // What policies say of it may tell of the person.
        try await ReadersMark.leave("replay", log: options.log, details: name)
        let record = try options.record(name)
        let set = try policies.map { try PolicyDirectory.read($0) }
        let outcome = try options.working { () throws(AuditToolError) in
            try Replay(store: SetStore(directory: options.log), policies: set).run(record)
        }
        let (word, isGood): (String, Bool) =
            switch outcome.comparison {
            case .same: ("same", true)
            case .flipped: ("flipped", false)
            case .notComparable: ("not_comparable", false)
            }
        var object: JSONObject = [
            "id": .string(record.id), "outcome": .string(word), "recorded": .string(record.text("dec.verdict") ?? ""),
            "recorded_policies": .array(record.texts("dec.policies").map { .string($0) }),
        ]
        if let response = outcome.response {
            object.append("decision", .string(response.decision.rawValue))
            object.append("policies", .array(response.determining.map { .string($0.text) }))
            if !response.errors.isEmpty {
                object.append("errors", .array(response.errors.map { .string($0.description) }))
            }
        }
        if case .notComparable(let reason) = outcome.comparison { object.append("why", .string(reason)) }
        if json {
            Terminal.say(String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self))
        } else {
            Terminal.say(Terminal.mark(word, isGood: isGood) + ": " + JSONText.indented(.object(object)))
        }
        if !isGood { throw ExitCode(1) }
    }
}
