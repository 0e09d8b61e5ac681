// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AuditLog
import AuditTools
import Foundation

/// Which log, and whose signature is believed.
struct LogOptions: ParsableArguments {
    @Option(name: .long, help: "The audit directory.")
    var log = ".countersign/audit"

    @Option(
        name: .long,
        help: "A verifier key, or @FILE. May be repeated; the directory's own log.vkey by default, which proves less.")
    var key: [String] = []

    /// The keys that are believed.
    func keys() throws(AuditLogError) -> [VerifierKey] {
        var keys: [VerifierKey] = []
        for text in key.isEmpty ? ["@\(log)/log.vkey"] : key { keys += try VerifierKeys.parse(text) }
        return keys
    }

    /// The log with its signed checkpoint.
    func open() throws -> OpenedLog {
        try doing { () throws(AuditLogError) in try OpenedLog(directory: log, keys: try keys()) }
    }

    /// A record by id or index, with its proof.
    func find(_ name: String) throws -> LogReader.Entry {
        try doing { () throws(AuditLogError) in
            let reader = LogReader(directory: log, keys: try keys())
            // The index, where there is one, saves reading the log from its end; its word is checked.
            if let hint = hint(of: name), let entry = try? reader.show(String(hint)), entry.hasID(name) {
                return entry
            }
            return try reader.show(name)
        }
    }

    /// A record by id or index, parsed.
    func record(_ name: String) throws -> LogRecord {
        let entry = try find(name)
        let origin = try open().origin
        return try working { () throws(AuditToolError) in
            try LogRecord(
                origin: origin, index: entry.index, leaf: entry.leaf, disclosures: entry.disclosures,
                isVerified: entry.isInCheckpoint)
        }
    }

    /// Where the index says that a record of an id is.
    func hint(of name: String) -> UInt64? {
        guard name.utf8.count == 36, FileManager.default.fileExists(atPath: "\(log)/\(RecordIndex.fileName)"),
            let log = try? open(), let index = try? RecordIndex(directory: self.log, origin: log.origin)
        else { return nil }
        return try? index.entry(ofID: name)
    }

    /// Runs work on the log; what goes wrong is said on standard error and ends the command with 1.
    func doing<Result>(_ work: () throws(AuditLogError) -> Result) throws -> Result {
        do throws(AuditLogError) { return try work() } catch {
            Terminal.complain("\(error)")
            throw ExitCode(1)
        }
    }

    /// Runs work of the desk; what goes wrong is said on standard error and ends the command.
    func working<Result>(_ work: () throws(AuditToolError) -> Result) throws -> Result {
        do throws(AuditToolError) { return try work() } catch {
            Terminal.complain("\(error)")
            switch error {
            case .argument: throw ExitCode(2)
            case .file: throw ExitCode(3)
            case .log, .index, .missing: throw ExitCode(1)
            }
        }
    }
}

/// A stretch of time, as options give it.
struct PeriodOptions: ParsableArguments {
    @Option(name: .long, help: "The first moment: a date, a time such as 2026-11-25T08:00:00Z, or 24h, 7d ago.")
    var from: String?

    @Option(name: .long, help: "The moment behind the last, in the same forms; a date means its beginning.")
    var to: String?

    /// Both ends in microseconds since the Unix epoch.
    func bounds() throws -> (from: Int64?, to: Int64?) {
        (try from.map { try Self.moment($0, "--from") }, try to.map { try Self.moment($0, "--to") })
    }

    private static func moment(_ text: String, _ option: String) throws -> Int64 {
        guard let moment = Moment(text, now: .now) else {
            throw ValidationError(
                "\(option) `\(text)`: a date, a time such as 2026-11-25T08:00:00Z, or a span such as 24h or 7d")
        }
        return moment.microseconds
    }
}
