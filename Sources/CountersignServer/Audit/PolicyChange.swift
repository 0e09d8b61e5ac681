// SPDX-License-Identifier: Apache-2.0

import Cedar
import Foundation
import StrictJSON

/// What `policy.activate` says of the difference to the set before, and of who reviewed it.
struct PolicyChange {
    /// What a policy directory may hold beside the policies: who wrote this set, and who approved it.
    static let reviewFile = "review.json"
    private static let reviewMembers = ["approvers", "author", "commit", "signature", "ticket"]

    let files: PolicyFiles
    let previous: PolicyFiles?

    /// The ids of policies that came, went, or say something else now.
    var difference: JSONObject? {
        guard let previous else { return nil }
        let (before, now) = (Self.texts(previous.policies), Self.texts(files.policies))
        var object = JSONObject()
        for (name, ids) in [
            ("added", now.keys.filter { before[$0] == nil }), ("removed", before.keys.filter { now[$0] == nil }),
            ("changed", now.keys.filter { before[$0] != nil && before[$0] != now[$0] }),
        ] { object.append(name, .array(ids.sorted().map { .string($0) })) }
        return object
    }

    private static func texts(_ policies: PolicySet) -> [String: String] {
        var texts: [String: String] = [:]
        for policy in policies.effectivePolicies + policies.templates { texts[policy.id.text] = policy.cedarText() }
        return texts
    }

    /// The known members of the review file; `self_approved` where the author stands among the approvers (THREATS D5).
    static func review(in directory: String) -> JSONObject? {
        guard let data = FileManager.default.contents(atPath: "\(directory)/\(reviewFile)"), data.count <= 65_536,
            let found = try? JSONValue.parse(Array(data)).objectValue
        else { return nil }
        var review = JSONObject()
        for name in reviewMembers { if let value = found[name] { review.append(name, value) } }
        if let author = found["author"]?.stringValue,
            found["approvers"]?.arrayValue?.contains(.string(author)) == true
        {
            review.append("self_approved", true)
        }
        return review
    }
}
