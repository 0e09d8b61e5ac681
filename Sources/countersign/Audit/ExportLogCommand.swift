// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import AuditTools
import CountersignServer
import StrictJSON

extension ExportFormat: ExpressibleByArgument {}

struct ExportLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes records as JSON lines, CSV or OCSF, with a signed manifest.",
        discussion: """
            Every record is proved to be under the signed checkpoint on the way out; one that is not is marked, and the command
            exits 1. Personal data is left out unless --disclose is given. With --out FILE the manifest is written to
            FILE.manifest.json and, with --sign-with, signed as a note in FILE.manifest.note.

            Exit 0 done, 1 a record is not proved or a manifest does not hold, 2 wrong usage, 3 cannot read or write.

            Example: countersign audit export --format csv --from 2026-11-01 --to 2026-12-01 --where verdict=deny --out denials.csv
            Example: countersign audit export --check denials.csv.manifest.note --key @log.vkey
            """
    )

    @OptionGroup var options: LogOptions
    @OptionGroup var period: PeriodOptions

    @Option(name: .long, help: "jsonl, csv or ocsf.")
    var format: ExportFormat = .jsonl

    @Option(
        name: .customLong("where"),
        help:
            "NAME=VALUE or NAME!=VALUE; a short name such as verdict, or a path such as dec.status; A|B for one of two."
    )
    var conditions: [String] = []

    @Option(name: .long, help: "The file to write; standard output by default, then without a manifest.")
    var out: String?

    @Flag(name: .long, help: "Writes what is still disclosed of personal data.")
    var disclose = false

    @Option(name: .long, help: "The file of the log key that signs the manifest.")
    var signWith: String?

    @Option(name: .long, help: "A signed manifest to check, with the files that it names; --key is required then.")
    var check: String?

    func run() async throws {
        if let check { return try run(check) }
        let conditions = try options.working { () throws(AuditToolError) in
            var read: [RecordCondition] = []
            for text in self.conditions { read.append(try RecordCondition(text)) }
            return read
        }
        let key = try signWith.map { path in
            try options.doing { () throws(AuditLogError) in try LogSigningKey.load(path: path, outside: options.log) }
        }
        let log = try options.open()
        if disclose {
            try await ReadersMark.leave(
                "export", log: options.log,
                details:
                    "\(format.rawValue) \(period.from ?? "") \(period.to ?? "") \(self.conditions.joined(separator: " "))"
            )
        }
        var filter = RecordStream.Filter()
        (filter.from, filter.to) = try period.bounds()
        let unproved = try options.working { () throws(AuditToolError) in
            try write(log, filter, conditions, key)
        }
        guard unproved == 0 else {
            Terminal.complain("\(unproved) records are not proved to be in the log; `audit verify` says what is wrong")
            throw ExitCode(1)
        }
    }

    private func write(
        _ log: OpenedLog, _ filter: RecordStream.Filter, _ conditions: [RecordCondition], _ key: LogSigningKey?
    ) throws(AuditToolError) -> Int {
        let formatter = RecordFormatter(format, isDisclosing: disclose, version: CountersignVersion.text)
        let file = try OutputFile(path: out)
        var (count, unproved): (Int64, Int) = (0, 0)
        try file.write(formatter.header)
        try RecordStream(log, filter).forEach { record throws(AuditToolError) in
            guard conditions.allSatisfy({ $0.holds(for: record) }) else { return true }
            try file.write(formatter.line(record))
            count += 1
            if !record.isVerified { unproved += 1 }
            return true
        }
        let digest = try file.finish()
        guard let out else { return unproved }
        var manifest = Manifest(version: CountersignVersion.text)
        let name = out.split(separator: "/").last.map(String.init) ?? out
        manifest.files = [Manifest.File(name: name, bytes: file.byteCount, sha256: digest)]
        (manifest.logs, manifest.records, manifest.command) = ([log], count, CommandLine.arguments)
        try manifest.write(to: out + ".manifest", signedBy: key)
        Terminal.complain("\(count) records; manifest \(key == nil ? "unsigned" : "signed")")
        return unproved
    }

    private func run(_ path: String) throws {
        guard !options.key.isEmpty else { throw ValidationError("--check needs --key") }
        let count = try options.working { () throws(AuditToolError) in
            let keys: [VerifierKey]
            do throws(AuditLogError) { keys = try options.keys() } catch { throw .log(error) }
            return try Manifest.check(path, keys: keys)
        }
        Terminal.say("in order: \(count) files are as the signed manifest says")
    }
}
