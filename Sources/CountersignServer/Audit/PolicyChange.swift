// SPDX-License-Identifier: Apache-2.0

import Cedar
import StrictJSON

/// What `policy.activate` says of the difference to the set before.
struct PolicyChange {
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
}
