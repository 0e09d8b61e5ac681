// SPDX-License-Identifier: Apache-2.0

extension PolicyJSONReader {
    mutating func policySet(_ json: JSONNode) -> PolicySet? {
        guard let object = object(json) else { return nil }
        rejectUnknown(object, known: ["staticPolicies", "templates", "templateLinks"])
        var set = PolicySet()
        for (name, isTemplate) in [("staticPolicies", false), ("templates", true)] {
            let _: Void? = member(name, of: object) { reader, json in
                reader.policies(json, asTemplates: isTemplate, into: &set)
            }
        }
        let _: Void? = member("templateLinks", of: object) { reader, json in
            reader.links(json, into: &set)
        }
        return set
    }

    /// Reads a set of one policy.
    mutating func singlePolicy(_ json: JSONNode, id: PolicyID) -> PolicySet? {
        var set = PolicySet()
        if let body = policy(json) { add(Policy(id: id, body: body), to: &set) }
        return set
    }

    /// Adds links to a set that has their templates; what cannot be read is in the findings.
    static func links(_ source: PolicySource, limits: PolicyLimits, into set: inout PolicySet) -> [Diagnostic] {
        let result = result(source, limits: limits) { reader, json in
            reader.links(json, into: &set)
            return set
        }
        return result.diagnostics
    }

    @discardableResult
    private mutating func links(_ json: JSONNode, into set: inout PolicySet) -> Void? {
        guard let list = array(json) else { return nil }
        _ = elements(of: list) { reader, json in reader.link(json, into: &set) }
        return ()
    }

    private mutating func policies(_ json: JSONNode, asTemplates: Bool, into set: inout PolicySet) -> Void? {
        guard let object = object(json) else { return nil }
        guard set.policies.count + object.count <= limits.maximumPolicies else {
            report("there are more than \(limits.maximumPolicies) policies in all")
            return nil
        }
        _ = members(of: object) { reader, key, json -> Void? in
            guard let body = reader.policy(json) else { return nil }
            let policy = Policy(id: PolicyID(key), body: body)
            if !asTemplates, !policy.slots.isEmpty {
                reader.report("a static policy cannot have slots", expected: "the policy under `templates`")
                return nil
            }
            reader.add(policy, asTemplate: asTemplates, to: &set)
            return ()
        }
        return ()
    }

    mutating func add(_ policy: Policy, asTemplate: Bool? = nil, to set: inout PolicySet) {
        do throws(PolicySetError) { try set.insert(policy, asTemplate: asTemplate ?? !policy.slots.isEmpty) } catch {
            report("the policy id `\(CedarString.escaped(policy.id.text))` is already used")
        }
    }

    private mutating func link(_ json: JSONNode, into set: inout PolicySet) -> Void? {
        guard let object = object(json, as: "a link") else { return nil }
        rejectUnknown(object, known: ["templateId", "newId", "values"])
        let template = member("templateId", of: object) { reader, json in reader.string(json) }
        let id = member("newId", of: object) { reader, json in reader.string(json) }
        let values = member("values", of: object) { reader, json -> [Slot: EntityUID]? in
            guard let object = reader.object(json) else { return nil }
            let pairs = reader.members(of: object) { reader, key, json -> (Slot, EntityUID)? in
                guard let slot = Slot.named(key) else {
                    reader.report("there is no such slot", expected: "`?principal` or `?resource`")
                    return nil
                }
                return reader.uid(json).map { (slot, $0) }
            }
            return pairs.map { Dictionary($0) { first, _ in first } }
        }
        guard let template, let id, let values else { return nil }
        guard set.policies.count + set.links.count < limits.maximumPolicies else {
            report("there are more than \(limits.maximumPolicies) policies in all")
            return nil
        }
        do throws(PolicySetError) {
            try set.link(template: PolicyID(template), as: PolicyID(id), values: values)
        } catch {
            switch error {
            case .duplicateID: report("the policy id `\(CedarString.escaped(id))` is already used")
            case .unknownTemplate: report("there is no template `\(CedarString.escaped(template))`")
            case .slotsDoNotFit: report(error.description)
            }
            return nil
        }
        return ()
    }

    // MARK: One policy

    private static let policyFields = ["effect", "principal", "action", "resource", "conditions", "annotations"]

    mutating func policy(_ json: JSONNode) -> PolicyBody? {
        guard let object = object(json, as: "a policy") else { return nil }
        rejectUnknown(object, known: Self.policyFields)
        let effect = member("effect", of: object) { reader, json -> Effect? in
            guard let text = reader.string(json) else { return nil }
            if text.hasSameBytes(as: "permit") { return .permit }
            if text.hasSameBytes(as: "forbid") { return .forbid }
            reader.report("`\(CedarString.escaped(text))` is no effect", expected: "`permit` or `forbid`")
            return nil
        }
        let principal = member("principal", of: object) { reader, json in reader.entityConstraint(json, .principal) }
        let action = member("action", of: object) { reader, json in reader.actionConstraint(json) }
        let resource = member("resource", of: object) { reader, json in reader.entityConstraint(json, .resource) }
        let conditions = member("conditions", of: object) { reader, json in reader.conditions(json) }
        var annotations: Annotations? = Annotations()
        if object["annotations"] != nil {
            annotations = member("annotations", of: object) { reader, json in reader.annotations(json) }
        }
        guard let effect, let principal, let action, let resource, let conditions, let annotations else { return nil }
        return PolicyBody(
            effect: effect, annotations: annotations,
            scope: Scope(principal: principal, action: action, resource: resource), conditions: conditions,
            location: json.location, lines: lines)
    }

    private mutating func annotations(_ json: JSONNode) -> Annotations? {
        guard let object = object(json) else { return nil }
        let entries = members(of: object) { reader, key, json -> Annotations.Entry? in
            guard Identifier.isWellFormed(key) else {
                reader.report("the name of an annotation must be an identifier")
                return nil
            }
            if json.isNull { return Annotations.Entry(name: key, value: nil) }
            guard let text = json.stringValue else {
                reader.report("expected a string or null, got \(json.kind.rawValue)")
                return nil
            }
            return Annotations.Entry(name: key, value: text)
        }
        return entries.map { Annotations($0) }
    }

    private mutating func conditions(_ json: JSONNode) -> [PolicyBody.Condition]? {
        guard let list = array(json) else { return nil }
        guard list.count <= limits.maximumOperands else {
            report("there are more than \(limits.maximumOperands) conditions")
            return nil
        }
        return elements(of: list) { reader, json -> PolicyBody.Condition? in
            guard let object = reader.object(json, as: "a condition") else { return nil }
            reader.rejectUnknown(object, known: ["kind", "body"])
            let kind = reader.member("kind", of: object) { reader, json -> PolicyBody.Condition.Kind? in
                guard let text = reader.string(json) else { return nil }
                if text.hasSameBytes(as: "when") { return .when }
                if text.hasSameBytes(as: "unless") { return .unless }
                reader.report("`\(CedarString.escaped(text))` is no kind", expected: "`when` or `unless`")
                return nil
            }
            let body = reader.member("body", of: object) { reader, json in reader.expression(json) }
            guard let kind, let body else { return nil }
            return PolicyBody.Condition(kind: kind, body: body)
        }
    }
}

extension Slot {
    /// The slot of a name, compared by bytes.
    static func named(_ text: String) -> Slot? { allCases.first { $0.rawValue.hasSameBytes(as: text) } }
}
