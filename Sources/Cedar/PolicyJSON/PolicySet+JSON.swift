// SPDX-License-Identifier: Apache-2.0

extension PolicySet {
    /// Reads a policy set: `{"staticPolicies", "templates", "templateLinks"}`, collecting every problem.
    ///
    /// Problems name the path inside the JSON value besides line and column.
    public static func parse(
        json bytes: [UInt8], file: String, limits: PolicyLimits = PolicyLimits()
    ) -> PolicyParseResult {
        PolicyJSONReader.result(PolicySource(file: file, bytes: bytes), limits: limits) { reader, json in
            reader.policySet(json)
        }
    }

    /// Reads one policy or template: `{"effect", "principal", "action", "resource", "conditions", "annotations"}`.
    public static func parse(
        policyJSON bytes: [UInt8], id: PolicyID, file: String, limits: PolicyLimits = PolicyLimits()
    ) -> PolicyParseResult {
        PolicyJSONReader.result(PolicySource(file: file, bytes: bytes), limits: limits) { reader, json in
            reader.singlePolicy(json, id: id)
        }
    }

    /// Reads a policy set, or one policy or template, which is told by its member `effect`.
    ///
    /// - Parameters:
    ///   - source: The JSON.
    ///   - limits: Bounds on what is read.
    ///   - id: Gives the single policy, which has no id in JSON, its own.
    /// - Returns: The set, unless there is an error, and every finding.
    package static func parse(
        anyJSON source: PolicySource, limits: PolicyLimits = PolicyLimits(), id: (JSONNode) -> PolicyID
    ) -> PolicyParseResult {
        PolicyJSONReader.result(source, limits: limits) { reader, json in
            json["effect"] == nil ? reader.policySet(json) : reader.singlePolicy(json, id: id(json))
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
