// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import Foundation
import StrictJSON

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The audit log.", subcommands: [VerifyLogCommand.self, ShowRecordCommand.self]
    )
}

struct VerifyLogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verifies a log directory, or a copy of one, offline.",
        discussion: """
            Exit 0 verified, 1 not (the first bad index on standard error), 2 wrong usage.

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
            verifier = LogVerifier(keys: try key.flatMap(VerifierKeys.read))
            verifier.witnessKeys = try witness.flatMap(VerifierKeys.read)
            verifier.oldCheckpoints = try old.map { path in
                guard let data = FileManager.default.contents(atPath: path) else {
                    throw ValidationError("--old `\(path)` cannot be read")
                }
                return Array(data)
            }
        } catch let error as AuditLogError {
            throw ValidationError("\(error)")
        }
        verifier.quorum = quorum
        verifier.disclosuresDirectory = disclosures
        verifier.checksRecords = records
        let report = verifier.verify(directory: directory)
        for problem in report.problems { Terminal.complain("\(problem)") }
        if json {
            let object: JSONValue = [
                "verified": .bool(report.isVerified), "origin": .string(report.origin),
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

struct ShowRecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one record, with its proof and what may be disclosed of it.",
        discussion: "Example: countersign audit show 0192f0c1-7b3a-7000-8f00-0123456789ab --log .countersign/audit"
    )

    @Argument(help: "The id of a record, or its index.")
    var name: String

    @Option(name: .long, help: "The audit directory.")
    var log = ".countersign/audit"

    @Option(name: .long, help: "A verifier key, or @FILE; the directory's own log.vkey by default.")
    var key: [String] = []

    func run() throws {
        let entry: LogReader.Entry
        do {
            let keys = try (key.isEmpty ? ["@\(log)/log.vkey"] : key).flatMap(VerifierKeys.read)
            entry = try LogReader(directory: log, keys: keys).show(name)
        } catch let error as AuditLogError {
            Terminal.complain("\(error)")
            throw ExitCode(1)
        }
        var shown = JSONObject()
        shown.append("index", .number(JSONNumber(Int64(clamping: entry.index))))
        shown.append(
            "proof",
            .string(
                entry.isInCheckpoint
                    ? "included under a signed checkpoint of \(entry.proof?.size ?? 0) records"
                    : "durable, not yet in a checkpoint"
            )
        )
        shown.append(
            "record", (try? JSONValue.parse(entry.leaf)) ?? .string(String(decoding: entry.leaf, as: UTF8.self)))
        var disclosed = JSONObject()
        for disclosure in entry.disclosures { disclosed.append(disclosure.name, disclosure.value) }
        if !disclosed.isEmpty { shown.append("disclosed", .object(disclosed)) }
        Terminal.say(JSONText.indented(.object(shown)))
    }
}

/// Verifier keys as options give them.
enum VerifierKeys {
    /// One key, or every key of a file after `@`.
    static func read(_ text: String) throws -> [VerifierKey] {
        guard text.hasPrefix("@") else { return [try VerifierKey(text)] }
        let path = String(text.dropFirst())
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("--key `\(text)`: the file cannot be read")
        }
        return try LogVerifier.keys(parsing: String(decoding: data, as: UTF8.self))
    }
}

/// JSON for people: two spaces a level, members in the order given.
enum JSONText {
    static func indented(_ value: JSONValue, level: Int = 0) -> String {
        let inner = String(repeating: "  ", count: level + 1)
        let outer = String(repeating: "  ", count: level)
        switch value {
        case .object(let object) where !object.isEmpty:
            let lines = object.members.map { member in
                let key = String(decoding: JSONValue.string(member.key).canonicalBytes(), as: UTF8.self)
                return "\(inner)\(key): \(indented(member.value, level: level + 1))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
        case .array(let elements) where !elements.isEmpty:
            let lines = elements.map { inner + indented($0, level: level + 1) }
            return "[\n\(lines.joined(separator: ",\n"))\n\(outer)]"
        case .null, .bool, .number, .string, .array, .object:
            return String(decoding: value.canonicalBytes(), as: UTF8.self)
        }
    }
}
