// SPDX-License-Identifier: Apache-2.0

package import AuditLog

/// The evidence report (AUDIT, section 10): one page that prints, a CSV for each table, a manifest.
package struct EvidenceReport {
    /// What the report is about.
    package struct Scope: Sendable {
        /// The first moment, in microseconds since the Unix epoch.
        package var from: Int64
        /// The moment behind the last.
        package var to: Int64
        /// How many decisions are drawn: 0 to 1,000.
        package var sampleSize = 25
        /// A gateway's own access log.
        package var accessLog: String?
        /// Whether names of callers may stand in the report.
        package var isDisclosing = false
        /// A credential older than this many days is overdue.
        package var maximumCredentialAge = 90
        /// The command line.
        package var command: [String] = []
        /// The version of this program.
        package var version: String

        /// Describes a report over a period.
        package init(from: Int64, to: Int64, version: String) {
            (self.from, self.to, self.version) = (from, to, version)
        }
    }

    /// What came of it.
    package struct Outcome: Sendable {
        /// Whether every log is verified.
        package let isVerified: Bool
        /// What an auditor has to look at.
        package let exceptions: Int
        /// The names of the files, the page first.
        package let files: [String]
        /// For each control, how many records its query gives.
        package let controls: [(id: String, rows: Int)]
    }

    private let logs: [OpenedLog]
    private let keys: [VerifierKey]
    private let scope: Scope

    /// Prepares a report over logs that were opened with some keys.
    package init(_ logs: [OpenedLog], keys: [VerifierKey], _ scope: Scope) {
        (self.logs, self.keys, self.scope) = (logs, keys, scope)
    }

    /// Reads and verifies the logs and writes the report.
    ///
    /// - Parameters:
    ///   - directory: Where the files go; made when missing.
    ///   - key: The log key that signs the manifest; `nil` leaves it unsigned.
    /// - Returns: What came of it.
    /// - Throws: ``AuditToolError``.
    package func write(to directory: String, signedBy key: LogSigningKey?) throws(AuditToolError) -> Outcome {
        try DurableFile.makeDirectory(directory)
        var access = try scope.accessLog.map { path throws(AuditToolError) in try AccessLog(path: path) }
        var facts: [LogFacts] = []
        for log in logs { facts.append(try read(log, &access)) }
        let samples = try sampled(facts)
        var content = ReportContent(facts, scope, access, samples, isSigned: key != nil)
        content.build()
        var manifest = Manifest(version: scope.version)
        (manifest.logs, manifest.command) = (logs, scope.command)
        manifest.records = Int64(facts.reduce(0) { $0 + $1.recordsInPeriod })
        func write(_ name: String, _ text: String) throws(AuditToolError) {
            let bytes = Array(text.utf8)
            try DurableFile.write(bytes, to: "\(directory)/\(name)")
            manifest.files.append(
                Manifest.File(name: name, bytes: bytes.count, sha256: FileDigest.hexadecimal(of: bytes)))
        }
        try write("report.html", ReportPage(content).html)
        for table in content.sections.flatMap(\.tables) { try write("\(table.name).csv", table.csv) }
        try write("sample-proofs.jsonl", samples.map { $0.proof + "\n" }.joined())
        try manifest.write(to: "\(directory)/manifest", signedBy: key)
        return Outcome(
            isVerified: facts.allSatisfy(\.verification.isVerified), exceptions: content.exceptions.count,
            files: manifest.files.map(\.name),
            controls: Control.all.indices.map { place in
                (
                    Control.all[place].framework + " " + Control.all[place].id,
                    facts.reduce(0) { $0 + $1.controlRows[place] }
                )
            })
    }

    private func read(_ log: OpenedLog, _ access: inout AccessLog?) throws(AuditToolError) -> LogFacts {
        var verifier = LogVerifier(keys: keys)
        verifier.checksRecords = true
        if log.hasDisclosures { verifier.disclosuresDirectory = log.path + "/disclosures" }
        var facts = LogFacts(log, verifier.verify(directory: log.path), sampleSize: scope.sampleSize)
        var conditions: [[RecordCondition]] = []
        for control in Control.all {
            var all: [RecordCondition] = []
            for text in control.conditions { all.append(try RecordCondition(text)) }
            conditions.append(all)
        }
        var filter = RecordStream.Filter()
        (filter.from, filter.to, filter.limitedTypes) = (scope.from, scope.to, ["decision"])
        try RecordStream(log, filter).forEach { record throws(AuditToolError) in
            // What comes after the period is none of its matter, but what came before explains it.
            let time = record.time
            guard time < scope.to else { return true }
            if record.type == "decision" { access?.note(record) }
            facts.add(record, isInPeriod: time >= scope.from, conditions)
            return true
        }
        return facts
    }

    /// Proves each record of the samples and decides it again.
    private func sampled(_ facts: [LogFacts]) throws(AuditToolError) -> [SampledDecision] {
        var samples: [SampledDecision] = []
        for log in facts {
            let replay = Replay(store: SetStore(directory: log.log.path))
            let reader = LogReader(directory: log.log.path, keys: keys)
            for record in log.sample.records {
                let again: String
                var isException = !record.isVerified
                do throws(AuditToolError) {
                    switch try replay.run(record).comparison {
                    case .same: again = "same verdict"
                    case .flipped:
                        again = "ANOTHER VERDICT"
                        isException = true
                    case .notComparable(let reason): again = "not possible: \(reason)"
                    }
                } catch {
                    again = "not possible: \(error)"
                }
                var proof = ""
                do {
                    proof = try ProofFile(try reader.show(String(record.index))).line
                } catch {
                    isException = true
                    proof = "{\"error\":\"entry \(record.index) is not proved\"}"
                }
                samples.append(SampledDecision(record: record, again: again, isException: isException, proof: proof))
            }
        }
        return samples
    }
}

/// A decision of the sample.
struct SampledDecision: Sendable {
    let record: LogRecord
    /// What came of deciding it again.
    let again: String
    let isException: Bool
    /// The proof file on one line.
    let proof: String
}
