// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import Foundation
import StrictJSON

struct VerifyLogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verifies a log directory, or a copy of one, offline.",
        discussion: """
            Exit 0 verified, 1 not (the first bad index on standard error), 2 wrong usage, 3 the directory cannot be read.

            Example: countersign audit verify .countersign/audit --key @.countersign/audit/log.vkey --records
            """
    )

    @Argument(help: "The audit directory, or its log/ alone.")
    var directory: String

    @Option(name: .long, help: "A verifier key, or @FILE with one a line. May be repeated.")
    var key: [String] = []

    @Option(name: .long, help: "A checkpoint seen earlier that the log must extend. May be repeated.")
    var old: [String] = []

    @Option(name: .long, help: "A witness's key, or @FILE. May be repeated.")
    var witness: [String] = []

    @Option(name: .long, help: "How many witnesses must have signed.")
    var quorum = 0

    @Option(name: .long, help: "The disclosures to check against the commitments.")
    var disclosures: String?

    @Flag(name: .long, help: "Checks the fields of the records and the counter.")
    var records = false

    @Flag(name: .long, help: "Prints JSON.")
    var json = false

    func run() throws {
        guard !key.isEmpty else { throw ValidationError("--key is required: a verifier key, or @FILE") }
        guard quorum >= 0 else { throw ValidationError("--quorum must not be negative") }
        var verifier: LogVerifier
        do {
            verifier = LogVerifier(keys: try key.flatMap(VerifierKeys.parse))
            verifier.witnessKeys = try witness.flatMap(VerifierKeys.parse)
            verifier.oldCheckpoints = try old.map { path in
                guard let data = FileManager.default.contents(atPath: path) else {
                    throw ValidationError("--old `\(path)` cannot be read")
                }
                return Array(data)
            }
        } catch let error as AuditLogError {
            throw ValidationError("\(error)")
        }
        guard FileManager.default.isReadableFile(atPath: directory) else {
            Terminal.complain("`\(directory)` cannot be read; an audit directory, or its `log`, is expected")
            throw ExitCode(3)
        }
        verifier.quorum = quorum
        verifier.disclosuresDirectory = disclosures
        verifier.checksRecords = records
        let report = verifier.verify(directory: directory)
        for problem in report.problems { Terminal.complain("\(problem)") }
        if json {
            let first = report.firstBadIndex.map { JSONValue.number(JSONNumber(Int64(clamping: $0))) }
            let object: JSONValue = [
                "first_bad_index": first ?? .null, "verified": .bool(report.isVerified),
                "origin": .string(report.origin),
                "size": .number(JSONNumber(Int64(clamping: report.size))), "root": .string(report.root),
                "problems": .array(report.problems.map { .string("\($0)") }),
            ]
            Terminal.say(String(decoding: object.canonicalBytes(), as: UTF8.self))
        } else if report.isVerified {
            Terminal.say("verified: \(report.origin), \(report.size) records, root \(report.root)")
            Terminal.say("signed by \(report.signers.joined(separator: ", "))")
        }
        guard report.isVerified else {
            if let index = report.firstBadIndex { Terminal.complain("first bad index: \(index)") }
            throw ExitCode(1)
        }
    }
}
