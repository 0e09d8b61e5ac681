// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import StrictJSON

struct EraseLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Takes the personal data of a person or of some records out of the log for good.",
        discussion: """
            The log keeps verifying: what remains are salted hashes. The `erasure` record says what went, why, and on whose
            ticket; do not put personal data into reason or ticket. Exit 0 done, 1 nothing to erase or refused, 2 wrong usage.

            Example: countersign audit erase --subject 7f3c --reason "request of the person" --ticket PRIV-42
            """
    )

    @OptionGroup var options: ControlOptions

    @Option(name: .long, help: "The `sub` of the person, as it was recorded.")
    var subject: String?

    @Option(
        name: .long,
        help:
            "Whose subject: the issuer, or the kind of credential (who.auth) without one. Needed where several know it."
    )
    var issuer: String?

    @Option(name: .long, help: "The index of a record. May be repeated.")
    var entry: [UInt64] = []

    @Option(name: .long, parsing: .upToNextOption, help: "Names such as email; everything by default.")
    var fields: [String] = []

    @Option(name: .long, help: "Why.")
    var reason: String

    @Option(name: .long, help: "Where the request is kept.")
    var ticket: String

    @Flag(name: .long, help: "Also while a legal hold is in force; the record says so.")
    var despiteHold = false

    func validate() throws {
        guard (subject != nil) != !entry.isEmpty else {
            throw ValidationError("either --subject or --entry must be given")
        }
        guard issuer == nil || subject != nil else { throw ValidationError("--issuer goes with --subject only") }
    }

    func run() async throws {
        let result = try await options.perform(
            .erase(
                EraseCommand(
                    subject: subject, issuer: issuer, entries: entry,
                    fields: fields.flatMap { $0.split(separator: ",").map(String.init) },
                    reason: reason, ticket: ticket, isDespiteHolds: despiteHold)))
        let fields = result["fields"]?.arrayValue?.compactMap(\.stringValue).joined(separator: ", ") ?? ""
        options.say(
            result, "erased: \(fields) of \(result.text("entries")) records; recorded at \(result.text("records"))")
    }
}
