// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CountersignServer

struct PolicySchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints the schema that a configuration's policies are checked against.",
        discussion: """
            It is generated from routes, providers and entities, or the file that `policies.schema` names. Claims whose \
            type is not known stand in it once `claims.types` of the provider declares them.

            Exit codes: 0 done, 2 wrong usage, 3 cannot read or parse.

            Example: countersign policy schema --config countersign.yaml > orders.cedarschema
            """
    )

    @Option(name: .long, help: "The configuration file.")
    var config: String

    @Flag(name: .long, help: "Prints Cedar's JSON form.")
    var json = false

    func run() throws {
        let (text, problems) = ConfigurationCheck.schema(config, asJSON: json)
        guard let text else {
            for problem in problems { Terminal.complain(problem.description) }
            throw ExitCode(3)
        }
        Terminal.say(text)
    }
}
