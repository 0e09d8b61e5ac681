// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import StrictJSON

struct HoldLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Sets a legal hold, which stops pruning, or releases it.",
        discussion: "Example: countersign audit hold case-7 --reason \"litigation\"   (and later --release)"
    )

    @OptionGroup var options: ControlOptions

    @Argument(help: "The name of the hold.")
    var name: String

    @Flag(name: .long, help: "Ends the hold.")
    var release = false

    @Option(name: .long, help: "Why.")
    var reason: String

    @Option(name: .long, help: "Where the request is kept.")
    var ticket: String?

    func run() async throws {
        let result = try await options.perform(
            .hold(HoldCommand(hold: name, isReleased: release, reason: reason, ticket: ticket)))
        let holds = result["holds"]?.arrayValue?.compactMap(\.stringValue) ?? []
        options.say(result, holds.isEmpty ? "no hold is in force" : "holds in force: \(holds.joined(separator: ", "))")
    }
}
