// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import StrictJSON

struct RotateLogKeyVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key", abstract: "Lets the key that audit.next_key names sign the log.",
        discussion: """
            First name the new key's file as `audit.next_key` beside `audit.key`; a file that is not there is made. Both keys sign
            for 30 days, then the new one alone: from then on `audit.key` may name it.

            Example: countersign audit rotate-key --reason "yearly rotation"
            """
    )

    @OptionGroup var options: ControlOptions

    @Option(name: .long, help: "Why.")
    var reason = "rotation"

    @Option(name: .long, help: "Where the change is kept.")
    var ticket: String?

    func run() async throws {
        let result = try await options.perform(.rotateLogKey(RotateLogKeyCommand(reason: reason, ticket: ticket)))
        options.say(
            result,
            "signing with both keys until \(result.text("both_until")), then with \(result.text("key")); "
                + "recorded at \(result.text("record"))")
    }
}
