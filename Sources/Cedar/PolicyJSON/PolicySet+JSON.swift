// SPDX-License-Identifier: Apache-2.0

import StrictJSON

extension PolicySet {
    /// Reads a policy set: `{"staticPolicies", "templates", "templateLinks"}`, collecting every problem.
    ///
    /// Problems name the path inside the JSON value besides line and column.
    public static func parse(
        json bytes: [UInt8], file: String, limits: PolicyLimits = PolicyLimits()
    ) -> PolicyParseResult {
        PolicyJSONReader.result(bytes, file: file, limits: limits) { reader in
            reader.json().flatMap { reader.policySet($0) }
        }
    }

    /// Reads one policy or template: `{"effect", "principal", "action", "resource", "conditions", "annotations"}`.
    public static func parse(
        policyJSON bytes: [UInt8], id: PolicyID, file: String, limits: PolicyLimits = PolicyLimits()
    ) -> PolicyParseResult {
        PolicyJSONReader.result(bytes, file: file, limits: limits) { reader in
            var set = PolicySet()
            if let json = reader.json(), let body = reader.policy(json, at: reader.offsets.offset(of: [])) {
                reader.add(Policy(id: id, body: body), to: &set)
            }
            return set
        }
    }

    /// The set as JSON, templates and links included.
    ///
    /// Empty if the system has no thread to give: the walk uses a stack of its own.
    public func json() -> [UInt8] {
        let bytes = DeepStack.run { () -> [UInt8] in
            var writer = PolicyJSONWriter()
            writer.policySet(self)
            return writer.json.bytes
        }
        return bytes ?? []
    }
}

extension Policy {
    /// The policy as JSON; its id is not part of it.
    ///
    /// Empty if the system has no thread to give: the walk uses a stack of its own.
    public func json() -> [UInt8] {
        let bytes = DeepStack.run { () -> [UInt8] in
            var writer = PolicyJSONWriter()
            writer.policy(self)
            return writer.json.bytes
        }
        return bytes ?? []
    }
}
