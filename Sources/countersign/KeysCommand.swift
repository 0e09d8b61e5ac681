// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Identity

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "API keys.", subcommands: [CreateKeyCommand.self]
    )
}

struct CreateKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Draws an API key and shows it once.",
        discussion: """
            The key goes to the gateway; the line with its salted hash goes into the file that `gateways.NAME.keys` names.

            Example: countersign keys create
            """
    )

    func run() throws {
        let key = APIKey()
        let text = key.secret.withBytes { String(decoding: $0, as: UTF8.self) }
        Terminal.say("key:  \(text)")
        Terminal.say("line: \(key.storeLine())")
    }
}
