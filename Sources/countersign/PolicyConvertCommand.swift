// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PolicyTools

struct PolicyConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Turns policies or a schema from Cedar text into JSON, or back.",
        discussion: """
            The result has the other form than the file. A file whose name ends in `.cedarschema`, `.cedarschema.json` \
            or `.schema.json` is a schema, any other holds policies, unless --schema or --policies says otherwise. \
            JSON holds a policy set or one policy. What the other form cannot express is refused.

            Exit codes: 0 done, 2 wrong usage, 3 cannot read, parse or express.

            Example: countersign policy convert orders.cedar > orders.json
            Example: countersign policy convert --keep-ids orders.json > orders.cedar
            Example: countersign policy convert --schema - < orders.cedarschema
            """
    )

    @Flag(name: .long, help: "The file is a schema.")
    var schema = false

    @Flag(name: .long, help: "The file holds policies.")
    var policies = false

    @Flag(name: .customLong("keep-ids"), help: "Ids in JSON become `@id` annotations in text, and the other way round.")
    var keepIDs = false

    @Flag(name: .long, help: "Prints a JSON object with the result or the problems.")
    var json = false

    @Argument(help: "The file, or - for standard input.")
    var file: String

    func validate() throws {
        if schema, policies { throw ValidationError("--schema and --policies exclude each other") }
    }

    func run() throws {
        let result = Conversion(path: file, isSchema: schema ? true : policies ? false : nil, keepsIDs: keepIDs)
        if json {
            Terminal.say(String(decoding: result.json(), as: UTF8.self))
        } else {
            for problem in result.problems { Terminal.complain(problem.description) }
            if let output = result.output { Terminal.put(output) }
        }
        if result.output == nil { throw ExitCode(3) }
    }
}
