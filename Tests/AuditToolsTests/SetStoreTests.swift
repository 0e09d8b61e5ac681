// SPDX-License-Identifier: Apache-2.0

import Cedar
import Foundation
import Testing

@testable import AuditTools

@Suite("Kept sets: the policies that a digest stands for")
struct SetStoreTests {
    @Test("text, JSON and links of the policy directory come back as the set that decided")
    func forms() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sets-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let files = [
            ("a.cedar", #"@id("t") permit (principal == ?principal, action, resource);"#),
            ("b.cedar.json", #"{"staticPolicies": {}, "templates": {}, "templateLinks": []}"#),
            ("links.json", #"[{"templateId":"t","newId":"l","values":{"?principal":{"type":"User","id":"a"}}}]"#),
        ]
        let bytes = files.flatMap { Self.field($0.0) + Self.field($0.1) }
        let digest = "sha256:" + FileDigest.hexadecimal(of: bytes)
        let store = SetStore(directory: folder)
        try store.keep(bytes, digest: digest)
        let set = try store.policies(digest)
        #expect(set.links.map(\.policy.id) == ["l"])
        #expect(set.templates.map(\.id) == ["t"])
    }

    private static func field(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        return (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
    }
}
