// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer
import Foundation
import StrictJSON

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Reads configuration, policies, entities and keys; prints every problem.",
        discussion: """
            Each problem is one line `file:line: path: message`. Exit 1 if there is any that is no warning, 3 if \
            the configuration cannot be read.

            Example: countersign check countersign.yaml
            """
    )

    @Argument(help: "The configuration file.")
    var file: String

    @Option(name: .long, help: "Replaces a value of the file, as for `serve`. May be repeated.")
    var set: [String] = []

    @Flag(name: .long, help: "Prints a JSON array of problems.")
    var json = false

    func run() throws {
        let problems = ConfigurationCheck.problems(file, overrides: try ConfigurationOptions.overrides(set))
        if json {
            let list = JSONValue.array(
                problems.map { problem in
                    [
                        "file": .string(problem.file), "line": .number(JSONNumber(Int64(problem.line))),
                        "column": .number(JSONNumber(Int64(problem.column))),
                        "path": .string(problem.path), "message": .string(problem.message),
                        "severity": .string(problem.isWarning ? "warning" : "error"),
                    ]
                })
            Terminal.say(String(decoding: list.canonicalBytes(), as: UTF8.self))
        } else {
            for problem in problems { Terminal.say(problem.description) }
            if problems.allSatisfy(\.isWarning) { Terminal.say("\(file): in order") }
        }
        guard ConfigurationOptions.isReadable(file) else { throw ExitCode(3) }
        if !problems.allSatisfy(\.isWarning) { throw ExitCode(1) }
    }
}
