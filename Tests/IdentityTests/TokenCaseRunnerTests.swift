// SPDX-License-Identifier: Apache-2.0
import Foundation
import Identity
import Testing

@Suite("Standard vectors: token cases, DPoP (RFC 9449), RFC examples, Wycheproof")
struct TokenCaseRunnerTests {
    @Test(
        "every verdict is the expected one",
        arguments: [("jwt", 379), ("json_web_signature_test", 215), ("json_web_key_test", 15)]
    )
    func verdicts(file: String, count: Int) throws {
        let report = try TokenCaseRunner().run(try Vectors.bytes(file))
        #expect(report.misses.isEmpty, "\(report.lines.joined(separator: "\n"))")
        #expect(report.passed == count)
        #expect(report.lines.last == "\(count) passed, 0 failed")
    }

    @Test("a wrong expectation is reported, so that a pass means something")
    func reportsMisses() throws {
        let text = String(decoding: try Vectors.bytes("jwt"), as: UTF8.self)
        let turned = text.replacingOccurrences(of: "\"accept\"", with: "\"reject\"")
        let report = try TokenCaseRunner().run(Array(turned.utf8))
        #expect(report.failed > 30)
        #expect(report.lines.count == report.failed + 1)
    }
}

/// The files of test vectors in this target.
enum Vectors {
    static func bytes(_ name: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Vectors"))
        return Array(try Data(contentsOf: url))
    }
}
