// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PolicyTools

struct FormatCommand: ParsableCommand {
    static let configuration = FormatOptions.configuration(named: "fmt")

    @OptionGroup var options: FormatOptions

    func run() throws { try options.format() }
}

/// The same beside the other work on policies.
struct PolicyFormatCommand: ParsableCommand {
    static let configuration = FormatOptions.configuration(named: "format")

    @OptionGroup var options: FormatOptions

    func run() throws { try options.format() }
}

struct FormatOptions: ParsableArguments {
    static func configuration(named name: String) -> CommandConfiguration {
        CommandConfiguration(
            commandName: name, abstract: "Formats Cedar policies, keeping comments and parentheses.",
            discussion: """
                Without --write or --check the formatted text goes to standard output. Directories are searched for \
                `.cedar` files. A text is changed only if the result parses to the same policies with the same comments.

                Exit codes: 0 done, 1 --check found files that are not formatted, 2 wrong usage, 3 cannot read or parse.

                Example: countersign fmt --check policies
                Example: countersign fmt --write policies/orders.cedar
                Example: countersign fmt - < orders.cedar
                """
        )
    }

    @Flag(name: .long, help: "Names the files that are not formatted, and changes none.")
    var check = false

    @Flag(name: .long, help: "Writes the files that change.")
    var write = false

    @Flag(name: .long, help: "Prints a JSON object of files and problems.")
    var json = false

    @Argument(help: "Files and directories, or - for standard input.")
    var paths: [String]

    func validate() throws {
        if check, write { throw ValidationError("--check and --write exclude each other") }
        if write, paths.contains("-") { throw ValidationError("standard input cannot be written back") }
    }

    func format() throws {
        let result = FormatRun(paths: paths, isWriting: write)
        if json {
            Terminal.say(String(decoding: result.json(includingText: !check && !write), as: UTF8.self))
        } else {
            for problem in result.problems { Terminal.complain(problem.description) }
            for file in result.files {
                if check, file.isChanged { Terminal.say(file.path) }
                if !check, !write { Terminal.put(file.formatted) }
            }
        }
        if !result.problems.isEmpty { throw ExitCode(3) }
        if check, result.files.contains(where: \.isChanged) { throw ExitCode(1) }
    }
}
