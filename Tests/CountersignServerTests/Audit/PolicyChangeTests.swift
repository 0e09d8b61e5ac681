// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Testing

@testable import CountersignServer

@Suite("policy.activate: who reviewed a set of policies")
struct PolicyChangeTests {
    private func review(_ text: String) throws -> JSONObject? {
        let folder = NSTemporaryDirectory() + "review-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/review.json"))
        return PolicyChange.review(in: folder)
    }

    @Test("known members are taken, and an author who approves is flagged")
    func reads() throws {
        let good = try review(#"{"author":"ann","approvers":["bob"],"commit":"abc","other":1}"#)
        #expect(good?["author"] == "ann")
        #expect(good?["commit"] == "abc")
        #expect(good?["other"] == nil)
        #expect(good?["self_approved"] == nil)
        let bad = try review(#"{"author":"ann","approvers":["ann","bob"]}"#)
        #expect(bad?["self_approved"] == true)
        #expect(try review("nonsense") == nil)
        #expect(PolicyChange.review(in: "/nonexistent") == nil)
    }
}
