// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import AuditTools
import StrictJSON

struct ReindexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reindex", abstract: "Builds index.sqlite anew from log/ and disclosures/.",
        discussion: """
            The running service may go on meanwhile. Exit 0 done, 1 the log cannot be read, 2 wrong usage.

            Example: countersign audit reindex --log .countersign/audit
            """
    )

    @OptionGroup var options: LogOptions

    @Flag(name: .long, help: "Prints JSON.")
    var json = false

    func run() throws {
        let log = try options.open()
        let clock = ContinuousClock()
        let start = clock.now
        let count = try options.working { () throws(AuditToolError) in
            try IndexBuild(log).run { count in
                if !json { Terminal.complain("\(count) of \(log.size) records") }
            }
        }
        let seconds = (clock.now - start) / .seconds(1)
        if json {
            let object: JSONValue = [
                "origin": .string(log.origin), "records": .number(JSONNumber(Int64(clamping: count))),
                "milliseconds": .number(JSONNumber(Int64(seconds * 1000))),
            ]
            Terminal.say(String(decoding: object.canonicalBytes(), as: UTF8.self))
        } else {
            let rate = seconds > 0 ? ", \(Int64(Double(count) / seconds)) records/s" : ""
            Terminal.say("indexed: \(log.origin), \(count) records\(rate)")
        }
    }
}
