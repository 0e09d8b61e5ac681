// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Testing

@testable import AuditLog
@testable import AuditTools

@Suite("Evidence report (AUDIT, section 10)")
struct ReportTests {
    /// A log of ten days in two runs, and the report over it.
    private static func report(
        _ change: (inout EvidenceReport.Scope) -> Void = { _ in }
    ) async throws -> (SampleLog, String, EvidenceReport.Outcome) {
        let log = try SampleLog()
        let records = EveryRecord.records(days: 10, perDay: 120)
        try await log.write(Array(records.prefix(500)))
        try await log.write(
            Array(records.dropFirst(500)) + [SampleLog.event("gap", "note", ["reason": "disk_full"], at: 400_000_000)])
        var scope = EvidenceReport.Scope(
            from: SampleLog.start, to: SampleLog.start + 10 * 86_400_000_000, version: "test")
        change(&scope)
        let out = log.directory + "-report"
        let outcome = try EvidenceReport([log.opened()], keys: [log.key.verifierKey], scope).write(
            to: out, signedBy: log.key)
        return (log, out, outcome)
    }

    private static func text(_ out: String, _ name: String) throws -> String {
        try String(contentsOfFile: "\(out)/\(name)", encoding: .utf8)
    }

    @Test("every control points to a query that gives records")
    func controls() async throws {
        let (log, out, outcome) = try await Self.report()
        defer { try? FileManager.default.removeItem(atPath: out) }
        #expect(outcome.controls.count == 22)
        for control in outcome.controls { #expect(control.rows > 0, "\(control.id)") }
        // The same query, as the export runs it, gives as many.
        for (place, control) in Control.all.enumerated() {
            let conditions = try control.conditions.map { try RecordCondition($0) }
            var count = 0
            var filter = RecordStream.Filter()
            (filter.from, filter.to) = (SampleLog.start, SampleLog.start + 10 * 86_400_000_000)
            try RecordStream(log.opened(), filter).forEach { record throws(AuditToolError) in
                if conditions.allSatisfy({ $0.holds(for: record) }) { count += 1 }
                return true
            }
            #expect(count == outcome.controls[place].rows, "\(control.id)")
        }
        // The whole matrix of AUDIT, section 10, and nothing besides.
        let wanted: [String: String] = [
            "SOC 2": "CC6.1 CC6.2 CC6.3 CC6.6 CC6.7 CC7.2 CC7.3 CC8.1",
            "ISO 27001:2022": "5.15 5.16 5.17 5.18 8.2 8.3 8.5 8.15 8.16 8.24 8.32",
            "SOX ITGC": "Access Change Operations",
        ]
        for (framework, ids) in wanted {
            let found = Control.all.filter { $0.framework == framework }.map { $0.id.replacing("A ", with: "") }
            #expect(found == ids.split(separator: " ").map(String.init), "\(framework)")
        }
        #expect(Set(Control.all.map(\.framework)) == Set(wanted.keys))
        #expect(Control.all.allSatisfy { !$0.sections.isEmpty && $0.sections.allSatisfy((1...13).contains) })
    }

    @Test("the page has thirteen sections, no script, and is red where it must be")
    func page() async throws {
        let (_, out, outcome) = try await Self.report()
        defer { try? FileManager.default.removeItem(atPath: out) }
        let page = try Self.text(out, "report.html")
        for number in 1...13 { #expect(page.contains("<section id=\"s\(number)\">")) }
        #expect(!page.lowercased().contains("<script"))
        #expect(page.ranges(of: /(src|href)="[^#]/).isEmpty)
        #expect(page.contains("<svg"))
        #expect(!page.contains("mallory") && !page.contains("user-7"))
        #expect(page.contains("the policy directory held no review.json"))
        #expect(page.contains("not recorded"))
        let exceptions = try Self.text(out, "exceptions.csv")
        for part in ["abel", "NOBODY", "breakglass", "clock.step", "within 30 days"] {
            #expect(exceptions.contains(part), "\(part)")
        }
        #expect(outcome.exceptions == exceptions.split(separator: "\r\n").count - 1)
        if let keep = ProcessInfo.processInfo.environment["COUNTERSIGN_KEEP_REPORT"] {
            try FileManager.default.copyItem(atPath: out, toPath: keep)
        }
    }

    @Test("a review that was recorded with another set before approves nothing")
    func staleReview() async throws {
        let log = try SampleLog()
        let review: JSONValue = ["approvers": ["bea"], "author": "abel", "commit": "4be1d2f"]
        try await log.write([
            SampleLog.event("policy.activate", "policy", ["review": review, "set": "sha256:aa"], at: 1),
            SampleLog.event("policy.activate", "policy", ["review": review, "set": "sha256:bb"], at: 2),
            SampleLog.event("policy.activate", "policy", ["review": review, "set": "sha256:aa"], at: 3),
            SampleLog.event("policy.activate", "policy", ["review_refused": "no JSON", "set": "sha256:aa"], at: 4),
        ])
        let out = NSTemporaryDirectory() + "report-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: out) }
        let scope = EvidenceReport.Scope(
            from: SampleLog.start, to: SampleLog.start + 86_400_000_000, version: "test")
        _ = try EvidenceReport([log.opened()], keys: [log.key.verifierKey], scope).write(to: out, signedBy: nil)
        let rows = try Self.text(out, "policy-changes.csv").split(separator: "\r\n").dropFirst()
        #expect(rows.map { $0.contains("bea") } == [true, false, true, false])
        #expect(rows.map { $0.contains("NOBODY: ") } == [false, true, false, true])
    }

    @Test("the manifest is signed and names every file")
    func manifest() async throws {
        let (log, out, outcome) = try await Self.report()
        defer { try? FileManager.default.removeItem(atPath: out) }
        let keys = [log.key.verifierKey]
        #expect(try Manifest.check("\(out)/manifest.note", keys: keys) == outcome.files.count)
        let written = Set(try FileManager.default.contentsOfDirectory(atPath: out))
        #expect(written == Set(outcome.files + ["manifest.json", "manifest.note"]))
        try "changed".write(toFile: "\(out)/gaps.csv", atomically: true, encoding: .utf8)
        #expect(throws: AuditToolError.self) { try Manifest.check("\(out)/manifest.note", keys: keys) }
        let other = try LogSigningKey(origin: "test/two")
        #expect(throws: AuditToolError.self) { try Manifest.check("\(out)/manifest.note", keys: [other.verifierKey]) }
    }

    @Test("the sample is the one that the root determines, each with a proof that holds")
    func sample() async throws {
        let (log, out, _) = try await Self.report { $0.sampleSize = 12 }
        defer { try? FileManager.default.removeItem(atPath: out) }
        let root = try log.opened().checkpoint.root.bytes
        var all: [(key: [UInt8], index: UInt64)] = []
        var filter = RecordStream.Filter()
        filter.types = ["decision"]
        try RecordStream(log.opened(), filter).forEach { record throws(AuditToolError) in
            all.append((SampleDraw.key(root, record.index), record.index))
            return true
        }
        all.sort { $0.key.lexicographicallyPrecedes($1.key) }
        let proofs = try Self.text(out, "sample-proofs.jsonl").split(separator: "\n")
        let found = try proofs.map { try ProofFile.check(Array($0.utf8), keys: [log.key.verifierKey]).index }
        #expect(found == all.prefix(12).map(\.index))
    }

    @Test("decisions that only one side knows are counted")
    func accessLog() async throws {
        let log = try SampleLog()
        let records = (0..<20).map { SampleLog.decision(at: Int64($0) * 1_000_000) }
        try await log.write(records)
        let path = log.directory + "-access.log"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let lines = records.prefix(18).map { "10.0.0.1 - GET /orders \($0.id) 200" }
        try (lines + ["no id here", "x=01900000-0000-7000-8000-0000000000aa;"]).joined(separator: "\n").write(
            toFile: path, atomically: true, encoding: .utf8)
        var access = try AccessLog(path: path)
        try RecordStream(log.opened()).forEach { record throws(AuditToolError) in
            if record.type == "decision" { access.note(record) }
            return true
        }
        #expect(access.matchedCount == 18)
        #expect(access.onlyInAuditCount == 2)
        #expect(access.onlyInAccessLog == ["01900000-0000-7000-8000-0000000000aa"])
        #expect(access.linesWithoutID == 1)
    }

    @Test("quantiles are within a quarter of an octave", arguments: [1, 3, 4, 7, 40, 999, 123_456])
    func quantiles(_ value: Int64) {
        var histogram = LatencyHistogram()
        for _ in 0..<10 { histogram.add(value) }
        #expect(histogram.quantile(0.5) >= value && Double(histogram.quantile(0.5)) <= Double(value) * 1.26)
    }
}

@Suite("Proofs, exports and merging")
struct ExportTests {
    /// Takes the first bundles of a log away as pruning does, state and record included.
    private static func prune(_ sample: SampleLog, below: UInt64) async throws {
        var configuration = AuditLogConfiguration(directory: sample.directory, origin: "test/one", key: sample.key)
        (configuration.segmentBytes, configuration.spareSegments) = (1 << 20, 1)
        configuration.otherKeys = [EveryRecord.nextKey]
        let log = try AuditLog.open(configuration)
        try await log.prune(RetentionPlan(disclosures: 0..<0, leaves: 0..<below))
        await log.close()
    }

    @Test("a log whose front was pruned is read from what is left on, with its state and without")
    func prunedFront() async throws {
        let sample = try SampleLog()
        try await sample.write((0..<1000).map { SampleLog.decision(at: Int64($0) * 1000) })
        let whole = try sample.opened().size
        try await Self.prune(sample, below: 512)
        let keys = [sample.key.verifierKey]
        for directory in [sample.directory, sample.directory + "/log"] {
            let log = try OpenedLog(directory: directory, keys: keys)
            #expect(log.firstIndex == 512)
            var indexes: [UInt64] = []
            try RecordStream(log).forEach { record throws(AuditToolError) in
                #expect(record.isVerified)
                indexes.append(record.index)
                return true
            }
            #expect(indexes == Array(512..<log.size) && log.size > whole)
            var merge = LogMerge([log])
            var merged = 0
            try merge.forEach { record throws(AuditToolError) in
                merged += 1
                return record.isVerified
            }
            #expect(merged == indexes.count)
            let reader = LogReader(directory: directory, keys: keys)
            #expect(throws: AuditLogError.notFound("100")) { try reader.show("100") }
            #expect(throws: AuditLogError.notFound("01900000-0000-7000-8000-000000000000")) {
                try reader.show("01900000-0000-7000-8000-000000000000")
            }
            #expect(try reader.show("600").index == 600)
            let manifest = try JSONValue.parse(
                Array(
                    ({ () -> Manifest in
                        var manifest = Manifest(version: "test")
                        manifest.logs = [log]
                        return manifest
                    })().text().utf8)
            ).objectValue
            #expect(manifest?["logs"]?.arrayValue?.first?.objectValue?["first"]?.int64Value == 512)
        }
        #expect(LogVerifier(keys: keys).verify(directory: sample.directory).problems == [])
    }

    @Test("two logs come as one, in order of time")
    func merge() async throws {
        let (one, two) = (try SampleLog(origin: "test/one"), try SampleLog(origin: "test/two"))
        // Neighbours out of order, as decisions that take different times are.
        try await one.write((0..<3000).map { SampleLog.decision(at: Int64($0 ^ 5) * 2000) })
        try await two.write((0..<3000).map { SampleLog.decision(at: Int64($0 ^ 3) * 2000 + 1000) })
        var merge = LogMerge([try one.opened(), try two.opened()])
        var order: [(Int64, String, UInt64)] = []
        try merge.forEach { record throws(AuditToolError) in
            if record.type == "decision" { order.append((record.time, record.origin, record.index)) }
            return true
        }
        #expect(order.count == 6000)
        #expect(zip(order, order.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("conditions take alternatives, negations and paths")
    func conditions() async throws {
        let log = try SampleLog()
        try await log.write(EveryRecord.records(days: 2, perDay: 50))
        func count(_ texts: String...) throws -> Int {
            let conditions = try texts.map { try RecordCondition($0) }
            var count = 0
            try RecordStream(log.opened()).forEach { record throws(AuditToolError) in
                if conditions.allSatisfy({ $0.holds(for: record) }) { count += 1 }
                return true
            }
            return count
        }
        let all = try count("type=decision")
        #expect(try count("type=decision", "verdict=allow") + count("type=decision", "verdict=deny|error") == all)
        #expect(try count("type=decision", "verdict!=allow") == count("type=decision", "dec.verdict=deny|error"))
        #expect(try count("sub=mallory") == count("reason=policy_denied"))
        #expect(try count("policy=orders-freeze") == count("reason=policy_denied"))
        #expect(try count("dec.status=403", "type!=boot") > 0)
        for text in ["", "=", "verdict", "!=x"] {
            #expect(throws: AuditToolError.self) { try RecordCondition(text) }
        }
    }

    @Test(
        "names and values that no record has are refused with what there is",
        arguments: [
            ("verdit=deny", "verdict"), ("verdict=denied", "allow, deny, error"), ("verdict=allow|denied", "deny"),
            ("dec.verdict!=no", "allow"), ("dec.verdit=deny", "dec.status"), ("type=decisions", "decision"),
            ("dex.status=403", "dec"), ("dec.=x", "dec"),
        ])
    func unknownConditions(text: String, hint: String) {
        #expect {
            try RecordCondition(text)
        } throws: { error in
            guard case .argument(let problem)? = error as? AuditToolError else { return false }
            return problem.contains(hint)
        }
    }

    @Test("whatever a record has can be asked for")
    func everyMemberIsKnown() async throws {
        let log = try SampleLog()
        try await log.write(
            EveryRecord.administration + EveryRecord.ownRecords + EveryRecord.rareDecisions)
        try RecordStream(log.opened()).forEach { record throws(AuditToolError) in
            _ = try RecordCondition("type=\(record.type)")
            for member in record.object.members {
                guard let content = member.value.objectValue else {
                    _ = try RecordCondition("\(member.key)!=\(member.key == "t" ? record.type : "x")")
                    continue
                }
                for inner in content.members where inner.key != "verdict" {
                    _ = try RecordCondition("\(member.key).\(inner.key)=x")
                }
            }
            for disclosure in record.disclosures { _ = try RecordCondition("\(disclosure.name)=x") }
            return true
        }
    }

    @Test("a text that looks like a checkpoint is not signed")
    func crossProtocol() throws {
        let key = try LogSigningKey(origin: "test/one")
        #expect(throws: AuditLogError.self) { try NoteText.signed("test/one\n17\nAAAA\n\n\n\n", by: key) }
        let note = try NoteText.signed("{\n\"a\":1,\n\"b\":2\n}\n", by: key)
        #expect(try NoteText.verified(note, keys: [key.verifierKey]).signers == [key.verifierKey])
        #expect(throws: AuditLogError.self) {
            try NoteText.verified(note + Array("x".utf8), keys: [key.verifierKey])
        }
    }

    @Test("sets are kept under their digests, and changed ones are noticed")
    func sets() throws {
        let folder = NSTemporaryDirectory() + "sets-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = SetStore(directory: folder)
        let bytes = Array("hello".utf8)
        let digest = "sha256:" + FileDigest.hexadecimal(of: bytes)
        try store.keep(bytes, digest: digest)
        try store.keep(bytes, digest: digest)
        #expect(try store.content(of: digest) == bytes)
        #expect(throws: AuditToolError.self) { try store.keep(bytes + [1], digest: digest) }
        try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/sets/\(digest.dropFirst(7))"))
        #expect(throws: AuditToolError.self) { try store.content(of: digest) }
        #expect(throws: AuditToolError.self) { try store.content(of: "sha256:../../etc/passwd") }
        try store.keep(bytes, digest: digest)
        #expect(try store.content(of: digest) == bytes)
    }
}
