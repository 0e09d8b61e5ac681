// SPDX-License-Identifier: Apache-2.0

import AuditTools
import Foundation
import StrictJSON
import Testing

@testable import CountersignServer

@Suite("policy.activate: who reviewed a set of policies")
struct PolicyReviewTests {
    private static let set = "sha256:" + String(repeating: "a", count: 64)
    private static let other = "sha256:" + String(repeating: "b", count: 64)

    private func withFolder<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        let folder = NSTemporaryDirectory() + "review-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/review.json"))
        return try body(folder)
    }

    private func approved(_ finding: PolicyReview.Finding) -> JSONObject? {
        if case .approved(let review) = finding { review } else { nil }
    }

    private func refused(_ finding: PolicyReview.Finding) -> String? {
        if case .refused(let reason) = finding { reason } else { nil }
    }

    private func review(_ text: String) throws -> PolicyReview.Finding {
        try withFolder(text) { PolicyReview.finding(in: $0, set: Self.set, store: nil) }
    }

    @Test("known members are taken, and an author who approves is flagged")
    func reads() throws {
        let good = approved(try review(#"{"author":"ann","approvers":["bob"],"commit":"abc","other":1}"#))
        #expect(good?["author"] == "ann")
        #expect(good?["commit"] == "abc")
        #expect(good?["other"] == nil)
        #expect(good?["self_approved"] == nil)
        let bad = approved(try review(#"{"author":"ann","approvers":["ann","bob"]}"#))
        #expect(bad?["self_approved"] == true)
        guard case .none = PolicyReview.finding(in: "/nonexistent", set: Self.set, store: nil) else {
            Issue.record("a review where there is no file")
            return
        }
    }

    @Test("a file that is no review is said, with its line")
    func broken() throws {
        let text = "{\n  \"author\": \"ann\",\n  \"approvers\": [\"bob\"\n}\n"
        #expect(refused(try review(text))?.contains("not JSON") == true)
        try withFolder(text) { folder -> Void in
            #expect {
                try PolicyReview.read(in: folder)
            } throws: { error in
                guard let problem = error as? ConfigurationProblem else { return false }
                return problem.line == 4 && problem.file.hasSuffix("/review.json") && !problem.isWarning
            }
        }
        for text in ["[]", #"{"approvers":"bob"}"#, #"{"author":7}"#] { #expect(refused(try review(text)) != nil) }
    }

    @Test("a review counts for the set that it was first recorded with, over restarts, and for no other")
    func staleReview() throws {
        try withFolder(#"{"author":"ann","approvers":["bob"]}"#) { folder in
            func finding(_ set: String) -> PolicyReview.Finding {
                PolicyReview.finding(in: folder, set: set, store: SetStore(directory: folder))
            }
            #expect(approved(finding(Self.set)) != nil)
            #expect(approved(finding(Self.set)) != nil)
            #expect(refused(finding(Self.other))?.contains(Self.set) == true)
            #expect(approved(finding(Self.set)) != nil)
            try Data(#"{"author":"ann","approvers":["bob"],"ticket":"CHG-2"}"#.utf8)
                .write(to: URL(fileURLWithPath: folder + "/review.json"))
            #expect(approved(finding(Self.other))?["ticket"] == "CHG-2")
        }
    }

    @Test("a review that names a set counts for no other, also where no log is kept")
    func namedSet() throws {
        let text = #"{"author":"ann","approvers":["bob"],"policy_set":"\#(Self.set)"}"#
        #expect(approved(try review(text))?["policy_set"]?.stringValue == Self.set)
        #expect(refused(try review(text.replacingOccurrences(of: Self.set, with: Self.other))) != nil)
    }
}
