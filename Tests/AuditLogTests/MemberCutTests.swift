// SPDX-License-Identifier: Apache-2.0

import StrictJSON
import Testing

@testable import AuditLog

@Suite("Records that would be too large are cut and say so (AUDIT, section 4)")
struct MemberCutTests {
    @Test("the longest list loses its end until the record fits", arguments: [10, 5000])
    func cuts(count: Int) throws {
        var policy = JSONObject()
        policy.append("files", .array((0..<count).map { .string("directory/file-\($0).cedar") }))
        policy.append("set", "sha256:0")
        var members = JSONObject()
        members.append("policy", .object(policy))
        let record = try EnvelopeRecord.make(type: "policy.activate", boot: "b", members: members)
        #expect(record.leaf.count + 20 <= AuditRecord.maximumLeafBytes)
        var leaf = record.leaf
        leaf.insert(contentsOf: Array("7".utf8), at: record.counterOffset)
        let value = try JSONValue.parse(leaf)
        #expect(value.canonicalBytes() == leaf)
        let names = value.objectValue?["trunc"]?.arrayValue
        #expect(names == (count == 10 ? nil : ["policy.files"]))
        let kept = value.objectValue?["policy"]?.objectValue
        #expect(kept?["set"] == "sha256:0")
        #expect((kept?["files"]?.arrayValue?.count ?? 0) == count || count > 10)
        #expect((kept?["files"]?.arrayValue?.count ?? 0) > 9)
    }

    @Test("a text that is too long loses its end")
    func cutsText() throws {
        var members = JSONObject()
        members.append("problem", .string(String(repeating: "é", count: 20_000)))
        let record = try EnvelopeRecord.make(type: "x", boot: "b", members: members)
        #expect(record.leaf.count + 20 <= AuditRecord.maximumLeafBytes)
    }
}
