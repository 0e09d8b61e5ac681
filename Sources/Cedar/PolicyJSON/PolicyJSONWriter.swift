// SPDX-License-Identifier: Apache-2.0

/// Writes policies as JSON.
struct PolicyJSONWriter {
    var json = JSONText()

    mutating func policySet(_ set: PolicySet) {
        json.beginObject()
        json.key("staticPolicies")
        policies(set.policies)
        json.key("templates")
        policies(set.templates)
        json.key("templateLinks")
        json.beginArray()
        for link in set.links { self.link(link) }
        json.endArray()
        json.endObject()
    }

    private mutating func policies(_ policies: [Policy]) {
        json.beginObject()
        for policy in policies {
            json.key(policy.id.text)
            self.policy(policy)
        }
        json.endObject()
    }

    private mutating func link(_ link: TemplateLink) {
        json.beginObject()
        json.key("templateId")
        json.string(link.template.text)
        json.key("newId")
        json.string(link.policy.id.text)
        json.key("values")
        json.beginObject()
        for slot in Slot.allCases {
            guard let uid = link.values[slot] else { continue }
            json.key(slot.rawValue)
            self.uid(uid)
        }
        json.endObject()
        json.endObject()
    }

    mutating func policy(_ policy: Policy) {
        json.beginObject()
        json.key("effect")
        json.string(policy.effect.rawValue)
        json.key("principal")
        constraint(policy.scope.principal, .principal)
        json.key("action")
        constraint(policy.scope.action)
        json.key("resource")
        constraint(policy.scope.resource, .resource)
        json.key("conditions")
        json.beginArray()
        for condition in policy.body.conditions {
            json.beginObject()
            json.key("kind")
            json.string(condition.kind.rawValue)
            json.key("body")
            expression(condition.body)
            json.endObject()
        }
        json.endArray()
        annotations(policy.annotations)
        json.endObject()
    }

    private mutating func annotations(_ annotations: Annotations) {
        guard !annotations.entries.isEmpty else { return }
        json.key("annotations")
        json.beginObject()
        for entry in annotations.entries {
            json.key(entry.name)
            if let value = entry.value { json.string(value) } else { json.null() }
        }
        json.endObject()
    }

    // MARK: Scope

    private mutating func constraint(_ constraint: EntityConstraint, _ slot: Slot) {
        json.beginObject()
        json.key("op")
        switch constraint {
        case .any: json.string("All")
        case .equal(let reference):
            json.string("==")
            self.reference(reference, slot)
        case .isIn(let reference):
            json.string("in")
            self.reference(reference, slot)
        case .isType(let type):
            json.string("is")
            json.key("entity_type")
            json.string(type.text)
        case .isTypeIn(let type, let reference):
            json.string("is")
            json.key("entity_type")
            json.string(type.text)
            json.key("in")
            json.beginObject()
            self.reference(reference, slot)
            json.endObject()
        }
        json.endObject()
    }

    private mutating func reference(_ reference: EntityConstraint.Reference, _ slot: Slot) {
        switch reference {
        case .entity(let uid):
            json.key("entity")
            self.uid(uid)
        case .slot:
            json.key("slot")
            json.string(slot.rawValue)
        }
    }

    private mutating func constraint(_ constraint: ActionConstraint) {
        json.beginObject()
        json.key("op")
        switch constraint {
        case .any: json.string("All")
        case .equal(let uid):
            json.string("==")
            json.key("entity")
            self.uid(uid)
        case .isIn(let uid):
            json.string("in")
            json.key("entity")
            self.uid(uid)
        case .isInAny(let uids):
            json.string("in")
            json.key("entities")
            json.beginArray()
            for uid in uids { self.uid(uid) }
            json.endArray()
        }
        json.endObject()
    }

    mutating func uid(_ uid: EntityUID) {
        json.beginObject()
        json.key("type")
        json.string(uid.type.text)
        json.key("id")
        json.string(uid.id)
        json.endObject()
    }
}
