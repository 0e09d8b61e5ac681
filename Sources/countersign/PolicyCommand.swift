// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Cedar policies: validate, format, convert, replay test cases.",
        subcommands: [
            PolicyValidateCommand.self, PolicyFormatCommand.self, PolicyConvertCommand.self,
            PolicySchemaCommand.self, PolicyConformanceCommand.self,
        ]
    )
}
