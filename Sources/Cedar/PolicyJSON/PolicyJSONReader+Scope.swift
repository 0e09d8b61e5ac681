// SPDX-License-Identifier: Apache-2.0

extension PolicyJSONReader {
    private enum Operation: CaseIterable {
        case all, equal, isIn, isType

        init?(_ text: String) {
            if text.hasSameBytes(as: "All") || text.hasSameBytes(as: "all") {
                self = .all
            } else if text.hasSameBytes(as: "==") {
                self = .equal
            } else if text.hasSameBytes(as: "in") {
                self = .isIn
            } else if text.hasSameBytes(as: "is") {
                self = .isType
            } else {
                return nil
            }
        }
    }

    private mutating func operation(_ object: JSONNode.Members) -> Operation? {
        member("op", of: object) { reader, json in
            guard let text = reader.string(json) else { return nil }
            guard let operation = Operation(text) else {
                reader.report(
                    "`\(CedarString.escaped(text))` is no operation", expected: "`All`, `==`, `in` or `is`")
                return nil
            }
            return operation
        }
    }

    /// Reads what a scope says about principal or resource; fields that a test does not know are passed over, as the
    /// reference does, save with `is`.
    mutating func entityConstraint(_ json: JSONNode, _ slot: Slot) -> EntityConstraint? {
        guard let object = object(json, as: "a constraint"), let operation = operation(object) else { return nil }
        switch operation {
        case .all: return .any
        case .equal: return reference(object, slot).map { .equal($0) }
        case .isIn: return reference(object, slot).map { .isIn($0) }
        case .isType:
            rejectUnknown(object, known: ["op", "entity_type", "in"])
            let type = member("entity_type", of: object) { reader, json in reader.typeName(json) }
            guard let inner = object["in"], !inner.isNull else { return type.map { .isType($0) } }
            let ancestor = member("in", of: object) { reader, json -> EntityConstraint.Reference? in
                reader.object(json).flatMap { reader.reference($0, slot) }
            }
            guard let type, let ancestor else { return nil }
            return .isTypeIn(type, ancestor)
        }
    }

    /// Reads `"entity"` or `"slot"`; the entity counts when both stand there.
    private mutating func reference(_ object: JSONNode.Members, _ slot: Slot) -> EntityConstraint.Reference? {
        if object["entity"] != nil {
            return member("entity", of: object) { reader, json in reader.uid(json).map { .entity($0) } }
        }
        guard object["slot"] != nil else {
            report("neither `entity` nor `slot` is there")
            return nil
        }
        return member("slot", of: object) { reader, json in
            guard let name = reader.string(json) else { return nil }
            guard name.hasSameBytes(as: slot.rawValue) else {
                reader.report(
                    "slot `\(CedarString.escaped(name))` cannot stand here", expected: "`\(slot.rawValue)`")
                return nil
            }
            return .slot
        }
    }

    mutating func actionConstraint(_ json: JSONNode) -> ActionConstraint? {
        guard let object = object(json, as: "a constraint"), let operation = operation(object) else { return nil }
        switch operation {
        case .all: return .any
        case .equal: return action(object).map { .equal($0) }
        case .isIn:
            guard object["entity"] == nil, object["entities"] != nil else { return action(object).map { .isIn($0) } }
            return member("entities", of: object) { reader, json in
                guard let list = reader.array(json) else { return nil }
                guard list.count <= reader.limits.maximumOperands else {
                    reader.report("there are more than \(reader.limits.maximumOperands) actions")
                    return nil
                }
                return reader.elements(of: list) { reader, json in reader.actionUID(json) }.map { .isInAny($0) }
            }
        case .isType:
            report("`is` cannot stand with the action", expected: "`All`, `==` or `in`")
            return nil
        }
    }

    private mutating func action(_ object: JSONNode.Members) -> EntityUID? {
        if object["entity"] == nil, object["slot"] != nil {
            report("the action cannot have a slot")
            return nil
        }
        return member("entity", of: object) { reader, json in reader.actionUID(json) }
    }

    private mutating func actionUID(_ json: JSONNode) -> EntityUID? {
        guard let uid = uid(json) else { return nil }
        guard uid.type.isAction else {
            report("`\(uid)` is no action", expected: "a type whose last part is `Action`")
            return nil
        }
        return uid
    }
}
