// SPDX-License-Identifier: Apache-2.0

import StrictJSON
import Testing

@testable import AuditLog

@Suite("Records read in one pass", .timeLimit(.minutes(30)))
struct UsualRecordTests {
    private static let commitment = String(repeating: "Ab-_", count: 10) + "xyA"

    /// Records as the log writes them, and neighbours of theirs.
    private static let samples: [String] = [
        """
        {"boot":"AAAAAAAAAAAAAAAAAAAAAA","dec":{"policies":["a","b"],"status":200,"verdict":"allow"},\
        "id":"01a212c1-c82d-7002-8c75-e8b9ac9a66d6","n":7,"sd":{"ip":"\(commitment)","sub":"\(commitment)"},\
        "t":"decision","ts":"2026-11-25T03:41:25.000000Z","v":1}
        """,
        """
        {"boot":"b","id":"01a212c1-c82d-7002-bc75-e8b9ac9a66d6","n":999999999999999,"policy":{"a":{},"b":[],"c":[[1,-2,0],\
        {"d":null}],"d":true,"e":false},"t":"policy.activate","ts":"2026-11-25T03:41:25.123456Z","v":1}
        """,
        """
        {"boot":"b","id":"01a212c1-c82d-7002-9c75-e8b9ac9a66d6","n":1,"t":"boot","ts":"2026-11-25T03:41:25.123456Z","v":1}
        """,
    ]

    private static func usual(_ bytes: [UInt8]) -> (boot: String, counter: Int64)? {
        bytes.withUnsafeBytes { leaf in
            UsualRecord(leaf).map { (String(decoding: leaf[$0.boot], as: UTF8.self), $0.counter) }
        }
    }

    @Test("what the log writes is usual", arguments: samples)
    func takesUsual(_ text: String) throws {
        let bytes = Array(text.utf8)
        let (record, problems) = RecordCheck.read(bytes)
        #expect(problems == [])
        let found = try #require(Self.usual(bytes))
        #expect(found.boot == record?["boot"]?.stringValue && found.counter == record?["n"]?.int64Value)
    }

    @Test(
        "anything else is left to the slow check",
        arguments: [
            ("\"v\":1}", "\"v\":2}"), ("\"v\":1}", "\"v\":1 }"), ("\"n\":7", "\"n\":07"), ("\"n\":7", "\"n\":0"),
            ("\"n\":7", "\"n\":-7"), ("\"n\":7", "\"n\":7.0"), ("\"n\":7", "\"n\":7e0"), ("\"n\":7", "\"n\":\"7\""),
            ("\"n\":7", "\"n\":1234567890123456"), ("allow", "maybe"), ("\"status\":200", "\"status\":-0"),
            ("\"a\",\"b\"", "\"a\",\"b\","), ("\"a\",\"b\"", "\"\u{7F}\",\"b\""), ("\"a\",\"b\"", "\"é\",\"b\""),
            ("\"a\",\"b\"", "\"\\u0001\",\"b\""), ("\"ip\"", "\"zz\""), ("\"ip\"", "\"sub\""), ("-7002-", "-6002-"),
            ("-8c75-", "-cc75-"), ("c82d", "C82D"), ("T03:", " 03:"), ("xyA\"", "xyB\""), ("xyA\"", "xyAA\""),
            ("\"boot\":\"AAAAAAAAAAAAAAAAAAAAAA\"", "\"boot\":\"\""), ("\"verdict\":\"allow\"", "\"verdict\":1"),
            ("\"t\":\"decision\"", "\"t\":\"gap\""), ("\"dec\":{", "\"\":0,\"dec\":{"),
            ("[\"a\",\"b\"]", String(repeating: "[", count: 40) + String(repeating: "]", count: 40)),
        ])
    func leavesRest(_ part: String, _ other: String) {
        let text = Self.samples[0].replacing(part, with: other)
        #expect(text != Self.samples[0] && Self.usual(Array(text.utf8)) == nil)
    }

    @Test("whatever is taken, the slow check takes too", arguments: 0..<samples.count)
    func agrees(_ number: Int) {
        let sample = Array(Self.samples[number].utf8)
        var random = SeededRandom(state: UInt64(number))
        let likely = Array("\"\\{}[],:0123456789-abcdefntz \u{7F}".utf8)
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = sample
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                let byte = likely.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(byte, at: place)
                case 2: bytes[place] = UInt8.random(in: 0...255, using: &random)
                default: bytes[place] = byte
                }
            }
            guard let found = Self.usual(bytes) else { continue }
            taken += 1
            let (record, problems) = RecordCheck.read(bytes)
            #expect(problems == [], "\(String(decoding: bytes, as: UTF8.self))")
            #expect(found.counter == record?["n"]?.int64Value && found.boot == record?["boot"]?.stringValue)
        }
        #expect(taken > 500)
    }

    @Test("numbers at their ends are problems, not crashes")
    func survivesEnds() {
        var report = VerificationReport()
        var check = RecordCheck()
        let ends = ["9223372036854775807", "1", "-9223372036854775808", "9223372036854775807", "2"]
        for (place, number) in ends.enumerated() {
            let gap = "\"gap\":{\"count\":1,\"from\":-9223372036854775808,\"reason\":\"x\",\"to\":9223372036854775807}"
            let text = """
                {"boot":"b",\(gap),"id":"01a212c1-c82d-7002-9c75-e8b9ac9a66d6","n":\(number),"t":"gap",\
                "ts":"2026-11-25T03:41:25.123456Z","v":1}
                """
            Array(text.utf8).withUnsafeBytes { check.check($0, at: UInt64(place), &report) }
        }
        #expect(report.problems.count > ends.count)
    }
}
