// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import StrictJSON

struct PruneLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Takes away now what has served its term (audit.retention).",
        discussion: """
            The service does so by itself once a day. Records themselves go only once they are in the archive; their hashes
            stay, so that every proof still works.

            Example: countersign audit prune --dry-run
            """
    )

    @OptionGroup var options: ControlOptions

    @Flag(name: .long, help: "Only says what would go.")
    var dryRun = false

    func run() async throws {
        let result = try await options.perform(.prune(PruneCommand(isDry: dryRun)))
        func range(_ name: String) -> String {
            let range = result[name]?.objectValue ?? JSONObject()
            return range.text("from") == range.text("below")
                ? "none" : "of records \(range.text("from")) to \(range.text("below")) (not included)"
        }
        options.say(
            result, "\(dryRun ? "would go" : "gone"): disclosures \(range("disclosures")); leaves \(range("leaves"))")
    }
}
