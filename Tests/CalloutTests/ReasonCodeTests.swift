// SPDX-License-Identifier: Apache-2.0

import Callout
import Foundation
import Testing

@Suite("Reason codes and verdicts")
struct ReasonCodeTests {
    private static let table: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = FileManager.default.contents(atPath: root.appendingPathComponent("docs/faults.md").path)
        return String(decoding: data ?? Data(), as: UTF8.self)
    }()

    @Test("docs/faults.md lists every code with its verdict, status and Apigee name", arguments: ReasonCode.allCases)
    func isListed(code: ReasonCode) {
        let verdict = code == .allowed ? "allow" : code.isServiceFailure ? "error" : "deny"
        let name = code == .allowed ? "-" : "`\(code.faultName)`"
        #expect(Self.table.contains("| `\(code.rawValue)` | \(verdict) | \(code.status) | \(name) |"))
    }

    @Test("fault names have letters only, as Apigee wants them", arguments: ReasonCode.allCases)
    func faultNames(code: ReasonCode) {
        #expect(code.faultName.allSatisfy { $0.isASCII && $0.isLetter })
    }

    @Test("a refusal never allows, whatever its fault says")
    func refusalNeverAllows() {
        for code in ReasonCode.allCases {
            for status in [0, 200, 302, 403, 599, 1000] {
                let verdict = Verdict(refusing: Fault(code, status: status), decisionID: "x")
                #expect(verdict.outcome != .allow)
                #expect((400...599).contains(verdict.status))
            }
        }
    }

    @Test("header names compare without regard to the case of ASCII letters, and of no others")
    func headerNames() {
        #expect(HeaderField("AuThOrIzAtIoN", "x").isNamed("authorization"))
        #expect(!HeaderField("authorizatİon", "x").isNamed("authorization"))
        #expect("É".asciiLowercased == "É")
    }
}
