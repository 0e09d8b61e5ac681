// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PolicyTools

struct PolicyValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Checks policies against a schema; prints every problem.",
        discussion: """
            Policies and schema may be Cedar text or JSON. Directories are searched for policy files: `.cedar`, \
            `.cedar.json`, and `links.json`, an array of links of templates. Each problem is one line \
            `file:line:column: error: message`; warnings do not make policies invalid.

            Exit codes: 0 valid, 1 not valid, 2 wrong usage, 3 cannot read or parse.

            Example: countersign policy validate --schema orders.cedarschema policies
            Example: countersign policy validate --schema orders.cedarschema --entities entities.json orders.cedar
            Example: countersign policy validate --schema orders.cedarschema --requests requests.json policies
            """
    )

    @Option(name: .long, help: "The schema's file.")
    var schema: String

    @Option(name: .long, help: "A file of entities that must conform to the schema. May be repeated.")
    var entities: [String] = []

    @Option(
        name: .long,
        help: "A file of requests (principal, action, resource, context) that the schema must allow. May be repeated.")
    var requests: [String] = []

    @Flag(name: .long, help: "Prints a JSON object.")
    var json = false

    @Argument(help: "Files and directories of policies, or - for standard input.")
    var paths: [String]

    func run() throws {
        let result = ValidationRun(paths: paths, schema: schema, entities: entities, requests: requests)
        if json {
            Terminal.say(String(decoding: result.json(), as: UTF8.self))
        } else {
            for problem in result.problems { Terminal.say(problem.description) }
            if result.isValid { Terminal.say("\(result.policyCount) policies: valid") }
        }
        if !result.isReadable { throw ExitCode(3) }
        if !result.isValid { throw ExitCode(1) }
    }
}
