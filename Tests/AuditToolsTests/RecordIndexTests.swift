// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Foundation
import StrictJSON
import Testing

@testable import AuditTools

@Suite("Index and search (AUDIT, sections 5 and 7)")
struct RecordIndexTests {
    /// 700 decisions of five subjects over seven days, each seventh a denial, then one policy record.
    private static func sample() async throws -> SampleLog {
        let log = try SampleLog()
        var records = (0..<700).map { (number: Int) -> SampleLog.Record in
            SampleLog.decision(
                number % 7 == 3 ? "deny" : "allow", subject: "acme/user-\(number % 5)",
                policies: number % 7 == 3 ? ["freeze", "night"] : ["orders-read"],
                at: Int64(number) * 864_000_000)
        }
        records.append(SampleLog.event("policy.activate", "policy", ["set": "sha256:00"], at: 700 * 864_000_000))
        try await log.write(records)
        return log
    }

    @Test("finds by subject and day, newest first, each row proved")
    func search() async throws {
        let log = try await Self.sample()
        #expect(try IndexBuild(log.opened()).run() == 703)
        let result = try log.search { query in
            query.subject = "acme/user-3"
            query.from = SampleLog.start + 86_400_000_000
            query.to = SampleLog.start + 2 * 86_400_000_000
        }
        #expect(result.hits.count == 20)
        #expect(result.hits.allSatisfy { $0.isVerified && $0.disclosures.contains { $0.value == "acme/user-3" } })
        #expect(result.hits.map(\.index) == result.hits.map(\.index).sorted(by: >))
        #expect(result.covered == 703)
        #expect(try log.search { $0.policy = "night" }.hits.count == 100)
        #expect(try log.search { $0.policy = "nigh" }.hits.isEmpty)
        #expect(try log.search { ($0.verdict, $0.subject) = ("deny", "acme/user-0") }.hits.count == 20)
        #expect(try log.search { $0.type = "policy.activate" }.hits.count == 1)
        #expect(try log.search { $0.subject = "acme/nobody" }.hits.isEmpty)
    }

    @Test("a subject of one issuer is found apart from that of another, up to the limit, and rows name the issuer")
    func issuers() async throws {
        let log = try SampleLog()
        try await log.write(
            (0..<60).map { (number: Int) -> SampleLog.Record in
                var record = SampleLog.decision(subject: "alice", at: Int64(number))
                if number % 3 == 0 { record.members["who"] = ["auth": "jwt", "iss": "https://south"] }
                return record
            })
        #expect(try IndexBuild(log.opened()).run() == 62)
        let south = try log.search { ($0.subject, $0.issuer) = ("alice", "https://south") }
        #expect(south.hits.count == 20)
        #expect(south.contradicted == 0)
        #expect(
            south.hits.allSatisfy {
                RecordSummary(leaf: $0.leaf, disclosures: $0.disclosures).line.hasSuffix("alice  https://south")
            })
        #expect(try log.search { ($0.issuer, $0.limit) = ("https://idp", 7) }.hits.count == 7)
        #expect(try log.search { $0.issuer = "https://west" }.hits.isEmpty)
    }

    @Test("grows with the log, and a reindex gives the same")
    func growth() async throws {
        let log = try await Self.sample()
        let index = try log.index()
        while try index.advance(to: log.opened(), atMost: 1) > 0 {}
        let grown = try (0..<5).map { number in
            try log.search { ($0.subject, $0.limit) = ("acme/user-\(number)", 1000) }.hits.map(\.index)
        }
        try await log.write([SampleLog.decision(subject: "acme/user-0", at: 900_000_000_000)])
        #expect(try index.advance(to: log.opened(), atMost: 100) == 3)
        #expect(try IndexBuild(log.opened()).run() == 706)
        #expect(!index.isInPlace)
        #expect(try index.advance(to: log.opened(), atMost: 100) == 0)
        for number in 1..<5 {
            let hits = try log.search { ($0.subject, $0.limit) = ("acme/user-\(number)", 1000) }.hits
            #expect(hits.map(\.index) == grown[number])
        }
    }

    @Test("a row that the log does not bear out is not shown")
    func contradiction() async throws {
        let log = try await Self.sample()
        _ = try IndexBuild(log.opened()).run()
        try log.index().database.run(
            "UPDATE record SET subject = (SELECT id FROM subject WHERE text = 'acme/user-1') WHERE i = 3")
        let result = try log.search { ($0.subject, $0.limit) = ("acme/user-1", 1000) }
        #expect(result.contradicted == 1)
        #expect(!result.hits.contains { $0.index == 3 })
    }

    @Test("a changed record is found but not verified")
    func tampering() async throws {
        let log = try await Self.sample()
        _ = try IndexBuild(log.opened()).run()
        let path = log.directory + "/log/tile/entries/000"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let place = try #require(bytes.firstRange(of: Data("\"req\":\"r-1\"".utf8)))
        bytes.replaceSubrange(place, with: Data("\"req\":\"r-2\"".utf8))
        try bytes.write(to: URL(fileURLWithPath: path))
        let result = try log.search { ($0.type, $0.limit) = ("decision", 1000) }
        #expect(result.hits.count { !$0.isVerified } == 1)
        #expect(result.hits.count == 700)
    }

    @Test("what was erased is neither found nor in the file")
    func erasure() async throws {
        let log = try await Self.sample()
        _ = try IndexBuild(log.opened()).run()
        let hits = try log.search { ($0.subject, $0.limit) = ("acme/user-2", 1000) }.hits
        #expect(hits.count == 140)
        // As an erasure does: first the disclosures, then the index.
        for number in 0..<3 {
            let path = "\(log.directory)/disclosures/00\(number).jsonl"
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            let kept = lines.filter { line in !hits.contains { line.hasPrefix("{\"i\":\($0.index),") } }
            try (kept.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        }
        let dropped = try RecordIndex.dropPersonalData(
            of: hits.map(\.index) + [999_999], directory: log.directory, origin: "test/one")
        #expect(dropped == 140)
        #expect(try log.search { $0.subject = "acme/user-2" }.hits.isEmpty)
        #expect(try log.search { ($0.type, $0.limit) = ("decision", 1000) }.hits.count == 700)
        for name in try FileManager.default.contentsOfDirectory(atPath: log.directory) where name.hasPrefix("index") {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(log.directory)/\(name)"))
            #expect(data.firstRange(of: Data("user-2".utf8)) == nil, "\(name)")
        }
        _ = try IndexBuild(log.opened()).run()
        #expect(try log.search { $0.subject = "acme/user-2" }.hits.isEmpty)
    }

    @Test("an index that is missing or damaged keeps no erasure from being done")
    func damagedErasure() async throws {
        let log = try await Self.sample()
        #expect(try RecordIndex.dropPersonalData(of: [3], directory: log.directory, origin: "test/one") == 0)
        let path = log.directory + "/index.sqlite"
        try Data("this is no database, and it is longer than a header".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try RecordIndex.dropPersonalData(of: [3], directory: log.directory, origin: "test/one") == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
        try Data("this is no database, and it is longer than a header".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: AuditToolError.self) { try log.index() }
        #expect(try IndexBuild(log.opened()).run() == 703)
    }

    @Test("the index of another log is emptied")
    func otherLog() async throws {
        let log = try await Self.sample()
        _ = try IndexBuild(log.opened()).run()
        let other = try RecordIndex(directory: log.directory, origin: "test/two")
        #expect(try other.covered() == 0)
    }
}

@Suite("Reading leaves for the index")
struct IndexedFieldsTests {
    private static func fields(_ leaf: String, _ line: String? = nil) -> IndexedFields {
        Array(leaf.utf8).withUnsafeBytes { leaf in
            guard let line else { return IndexedFields(leaf: leaf, disclosures: nil) }
            return Array(line.utf8).withUnsafeBytes { IndexedFields(leaf: leaf, disclosures: $0) }
        }
    }

    @Test("takes members of the top level and of their own objects only")
    func places() {
        let fields = Self.fields(
            #"{"act":{"route":"/a\"b","x":{"route":"/no"}},"dec":{"policies":["a","b\u0001"],"reason":"r","verdict":"deny"},"#
                + #""deep":{"dec":{"verdict":"allow"}},"gw":{"name":"g"},"id":"01910000-0000-7000-8000-000000000001","#
                + #""t":"decision","ts":"1970-01-01T00:00:01.000002Z"}"#)
        #expect(fields.route == Array("/a\"b".utf8))
        #expect(fields.verdict == Array("deny".utf8))
        #expect(fields.policies == Array("a\nb\u{1}".utf8))
        #expect(fields.time == 1_000_002)
        #expect(fields.id == [0x01, 0x91, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1])
    }

    @Test(
        "ends on whatever is no record",
        arguments: [
            "", "{", "[]", "{\"a\"", "{\"a\":", "{\"a\":\"", "{\"dec\":[[[", "{\"dec\":{\"policies\":[",
            "{\"t\":\"\\\"",
            "{,,,}", "{\"dec\":{\"policies\":{}}}", "\u{0}", "{\"t\":1}", "}}}}", "{\"t\":\"a\"}}",
        ])
    func broken(_ leaf: String) {
        let fields = Self.fields(leaf, leaf)
        #expect(fields.subject == nil)
    }

    @Test(
        "times in text form come back",
        arguments: [0, 951_782_399_999_999, 1_795_478_400_000_001, -1, -62_135_596_800_000_000])
    func times(_ microseconds: Int64) {
        let time = AuditTimestamp(microseconds: microseconds)
        #expect(AuditTimestamp(parsing: time.description.utf8) == time)
    }

    @Test(
        "times that no calendar has are refused",
        arguments: [
            "2026-02-29T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z", "2026-01-01T24:00:00.000000Z",
            "2026-01-01 00:00:00.000000Z",
        ])
    func badTimes(_ text: String) { #expect(AuditTimestamp(parsing: text.utf8) == nil) }

    @Test("moments as people type them")
    func moments() {
        let now = AuditTimestamp(microseconds: 1_000_000_000_000)
        #expect(Moment("1970-01-02", now: now)?.microseconds == 86_400_000_000)
        #expect(Moment("1970-01-02T00:00Z", now: now)?.microseconds == 86_400_000_000)
        #expect(Moment("1970-01-02T00:00:01Z", now: now)?.microseconds == 86_401_000_000)
        #expect(Moment("1970-01-02T00:00:01.000001Z", now: now)?.microseconds == 86_401_000_001)
        #expect(Moment("1h", now: now)?.microseconds == 996_400_000_000)
        for text in ["", "h", "-1h", "1y", "1970-1-2", "99999999999d", "yesterday"] {
            #expect(Moment(text, now: now) == nil, "\(text)")
        }
    }
}

@Suite("Text of strangers (THREATS A7)")
struct SafeTextTests {
    @Test("no spreadsheet takes a field for a formula", arguments: ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
    func formulas(_ text: String) {
        let field = SafeText.csv(text)
        #expect(field.hasPrefix("\"'") || field.hasPrefix("\"\\u{"))
    }

    @Test("quotes, controls and bidirectional characters")
    func escapes() {
        #expect(SafeText.csv("a\"b,c\nd") == "\"a\"\"b,c\\u{a}d\"")
        #expect(SafeText.terminal("a\u{202E}b\u{1B}[2J") == "a\\u{202e}b\\u{1b}[2J")
        #expect(SafeText.html("<b a='\"'>&") == "&lt;b a=&#39;&quot;&#39;&gt;&amp;")
        #expect(SafeText.terminal("Zoë 漢字") == "Zoë 漢字")
    }
}
