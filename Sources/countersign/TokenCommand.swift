// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import Foundation
import Identity

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Access tokens.", subcommands: [VerifyTokenCommand.self, AWSTokenCommand.self]
    )
}

struct VerifyTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verifies one token, or files of cases.",
        discussion: """
            Example: countersign token verify --config countersign.yaml --provider acme eyJhbGciOi...
            Example: countersign token verify --cases jwt.json
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: "The configured provider.")
    var provider: String?

    @Option(name: .long, help: "A file of cases: our own format, or Wycheproof's. May be repeated.")
    var cases: [String] = []

    @Argument(help: "The token, or - for standard input.")
    var token: String?

    func run() async throws {
        if !cases.isEmpty { return try runCases() }
        guard let provider else { throw ValidationError("--provider or --cases is missing") }
        var text = token ?? "-"
        if text == "-" { text = readLine() ?? "" }
        let outcome: TokenCheck.Outcome
        do {
            outcome = try await TokenCheck.verify(text, provider: provider, options.config, try options.overrides())
        } catch let failure as Server.StartFailure {
            Terminal.complain(failure.description)
            throw ExitCode(3)
        }
        Terminal.say(outcome.text)
        if !outcome.isAccepted { throw ExitCode(1) }
    }

    private func runCases() throws {
        var total = TokenCaseRunner.Report()
        for file in cases {
            guard let data = FileManager.default.contents(atPath: file) else {
                Terminal.complain("`\(file)` cannot be read")
                throw ExitCode(3)
            }
            do {
                total.add(try TokenCaseRunner().run(Array(data)))
            } catch {
                Terminal.complain("`\(file)`: \(error)")
                throw ExitCode(3)
            }
        }
        for line in total.lines { Terminal.say(line) }
        if total.failed > 0 { throw ExitCode(1) }
    }
}
