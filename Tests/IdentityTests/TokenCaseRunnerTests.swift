// SPDX-License-Identifier: Apache-2.0
import Foundation
import Identity
import Testing

@Suite("Standard vectors: token cases, DPoP (RFC 9449), RFC examples, Wycheproof")
struct TokenCaseRunnerTests {
    @Test(
        "every verdict is the expected one",
        arguments: [
            ("jwt", 379), ("json_web_signature_test", 215), ("json_web_key_test", 15), ("token-cases", 511),
            ("token-attacks", 386),
        ]
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

@Suite("Files of cases: what is not run, and what leaves a choice")
struct TokenCaseFormTests {
    @Test("cases of encrypted tokens are counted apart, those that may go either way pass")
    func skipsEncryption() throws {
        let file = """
            {"testGroups":[{"type":"JsonWebCrypto","public":{"kty":"EC"},"tests":[
            {"tcId":1,"comment":"encrypted","jwe":"a.b.c.d.e","result":"valid"},
            {"tcId":2,"comment":"either","jws":"a.b.c","result":"acceptable"},
            {"tcId":3,"comment":"bad","jws":"a.b.c","result":"invalid"}]}]}
            """
        let report = try TokenCaseRunner().run(Array(file.utf8))
        #expect(report.lines == ["1 cases of encrypted tokens not run", "2 passed, 0 failed"])
    }

    @Test("the whole key of an example in a standard serves as its public half")
    func wholeKeys() throws {
        let file = """
            {"rfc":[{"id":"RFC 8037, A.3","thumbprint":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "key":{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}},
            {"id":"RFC 7515, A.5","alg":"none","expect":"reject","key":{"kty":"EC"},
            "token":"eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UifQ."}]}
            """
        let report = try TokenCaseRunner().run(Array(file.utf8))
        #expect(report.lines == ["2 passed, 0 failed"])
    }
}

/// The files of test vectors in this target.
enum Vectors {
    static func bytes(_ name: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Vectors"))
        return Array(try Data(contentsOf: url))
    }
}
