// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Cedar policies: conformance, and more.",
        subcommands: [PolicyConformanceCommand.self]
    )
}
