// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import AuditTools
import CountersignServer
import StrictJSON

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes the evidence report of a period: one HTML page, CSV files, a manifest.",
        discussion: """
            Verifies the logs, draws a random sample that nobody can choose, decides it again, and lists everything that an auditor
            has to look at. Exit 0 done, 1 a log is not verified (the report says what is wrong), 2 wrong usage, 3 cannot write.

            Example: countersign audit report --from 2026-10-01 --to 2027-01-01 --out report-2026-q4 --sign-with secrets/log.key
            """
    )

    @OptionGroup var options: LogOptions
    @OptionGroup var period: PeriodOptions

    @Option(name: .long, help: "Another replica's audit directory. May be repeated.")
    var replica: [String] = []

    @Option(name: .long, help: "The directory for the files of the report.")
    var out: String

    @Option(name: .long, help: "A gateway's own access log whose lines hold decision ids.")
    var accessLog: String?

    @Option(name: .long, help: "How many decisions are drawn: 0 to 1,000.")
    var sample = 25

    @Option(name: .long, help: "After so many days a credential is overdue.")
    var credentialDays = 90

    @Option(name: .long, help: "The file of the log key that signs the manifest.")
    var signWith: String?

    @Flag(name: .long, help: "Names callers where their data is still disclosed.")
    var disclose = false

    @Flag(name: .long, help: "Prints JSON.")
    var json = false

    func validate() throws {
        guard (0...1000).contains(sample) else { throw ValidationError("--sample must be 0 to 1000") }
        guard period.from != nil, period.to != nil else { throw ValidationError("--from and --to are needed") }
    }

    func run() async throws {
        guard let from = try period.bounds().from, let to = try period.bounds().to, from < to else {
            throw ValidationError("--from must be before --to")
        }
        var all = [options]
        for directory in replica {
            var other = LogOptions()
            (other.log, other.key) = (directory, options.key)
            all.append(other)
        }
        let logs = try all.map { try $0.open() }
        let keys = try all.flatMap { one in try one.doing { () throws(AuditLogError) in try one.keys() } }
        let key = try signWith.map { path in
            try options.doing { () throws(AuditLogError) in try LogSigningKey.load(path: path, outside: options.log) }
        }
        if disclose { for one in all { try await ReadersMark.leave("report", log: one.log) } }
        var scope = EvidenceReport.Scope(from: from, to: to, version: CountersignVersion.text)
        (scope.sampleSize, scope.accessLog, scope.isDisclosing) = (sample, accessLog, disclose)
        (scope.maximumCredentialAge, scope.command) = (credentialDays, CommandLine.arguments)
        let outcome = try options.working { () throws(AuditToolError) in
            try EvidenceReport(logs, keys: keys, scope).write(to: out, signedBy: key)
        }
        if json {
            let object: JSONObject = [
                "exceptions": .number(JSONNumber(Int64(outcome.exceptions))),
                "files": .array(outcome.files.map { .string($0) }), "signed": .bool(key != nil),
                "verified": .bool(outcome.isVerified),
            ]
            Terminal.say(String(decoding: JSONValue.object(object).canonicalBytes(), as: UTF8.self))
        } else {
            Terminal.say("\(out)/report.html and \(outcome.files.count - 1) other files")
            Terminal.say("\(outcome.isVerified ? "verified" : "NOT VERIFIED"), \(outcome.exceptions) exceptions")
            if key == nil { Terminal.say("the manifest is not signed; --sign-with signs it with the log key") }
        }
        if !outcome.isVerified { throw ExitCode(1) }
    }
}
