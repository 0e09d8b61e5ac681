// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import PolicyTools

@Suite("All supplied cases", .timeLimit(.minutes(30)))
struct SuppliedCasesTests {
    /// The data lie with the tests of the language.
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("CedarTests/Conformance").path

    @Test("pass", arguments: [("", 22), ("/corpus-dev.tar.gz", 2396), ("/differential-dev.tar.gz", 200)])
    func pass(_ path: String, _ count: Int) throws {
        let report = try ConformanceRun(paths: [Self.directory + path], options: .init(timeLimit: 600)).run()
        #expect(report.failures.map(\.description).prefix(10) == [])
        #expect(report.passed == count)
    }
}
