// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer

/// The command.
@main
struct Countersign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "countersign",
        abstract: "Answers API gateways: may this caller do this?",
        discussion: """
            Example: countersign check countersign.yaml && countersign serve --config countersign.yaml

            Exit codes: 0 done, 1 the thing checked is not in order, 2 wrong usage, 3 cannot read or parse.
            """,
        version: CountersignVersion.text,
        subcommands: [
            ServeCommand.self, CheckCommand.self, TokenCommand.self, AuditCommand.self, ReplayCommand.self,
            KeysCommand.self, RevokeCommand.self, PolicyCommand.self, FormatCommand.self, ApigeeCommand.self,
            DevCommand.self,
            StatusCommand.self, HealthcheckCommand.self,
            VersionCommand.self,
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let exit as ExitCode {
            Self.exit(withError: exit)
        } catch {
            // The parser's own errors say how to use the command; 2 is what scripts expect of wrong usage.
            let code = exitCode(for: error)
            // Help and version were asked for: they are the output.
            if code == .success {
                Terminal.say(fullMessage(for: error))
            } else {
                Terminal.complain(fullMessage(for: error))
            }
            Self.exit(withError: code == .success ? code : code == .validationFailure ? ExitCode(2) : ExitCode(1))
        }
    }
}
