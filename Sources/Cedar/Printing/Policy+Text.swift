// SPDX-License-Identifier: Apache-2.0

import StrictJSON

extension Policy {
    /// The policy as Cedar text, ending in a line break; reading it gives the same policy, its id apart.
    ///
    /// Empty if the policy nests deeply and the system has no stack to give for it. A linked policy is written with its slots filled. A call of an extension method without receiver, which only
    /// JSON can express, has no text that could be read back.
    public func cedarText() -> String { DeepStack.run(depth: body.depth) { text } ?? "" }

    private var text: String {
        var lines: [String] = annotations.entries.map { entry in
            "@\(entry.name)" + (entry.value.map { "(\(CedarString.quoted($0)))" } ?? "")
        }
        let (principal, resource) = (
            scope.principal.text("principal", .principal), scope.resource.text("resource", .resource)
        )
        if scope.principal == .any, scope.action == .any, scope.resource == .any {
            lines.append("\(effect.rawValue) (principal, action, resource)")
        } else {
            lines.append("\(effect.rawValue) (")
            lines += ["  \(principal),", "  \(scope.action.text),", "  \(resource)", ")"]
        }
        for condition in body.conditions {
            lines.append("\(condition.kind.rawValue) { \(ExpressionPrinter.text(of: condition.body)) }")
        }
        return lines.joined(separator: "\n") + ";\n"
    }
}

extension PolicySet {
    /// The set as Cedar text: static policies, templates, and linked policies with their slots filled.
    ///
    /// Ids are not part of the text; see ``textProblems`` for what text cannot express.
    public func cedarText() -> String {
        (policies + templates.filter { !$0.slots.isEmpty } + links.map(\.policy)).map { $0.cedarText() }
            .joined(separator: "\n")
    }

    /// What ``cedarText()`` leaves out or changes, in words; empty when the text says the same.
    public var textProblems: [String] {
        let slotless = templates.filter(\.slots.isEmpty).map { template in
            "template `\(CedarString.escaped(template.id.text))` has no slot; as text it would be a static policy"
        }
        return slotless
    }
}

extension PolicyBody {
    /// How deeply its expressions nest.
    var depth: Int { conditions.reduce(0) { max($0, Int($1.body.depth)) } }
}

extension EntityConstraint {
    fileprivate func text(_ variable: String, _ slot: Slot) -> String {
        switch self {
        case .any: variable
        case .equal(let reference): "\(variable) == \(reference.text(slot))"
        case .isIn(let reference): "\(variable) in \(reference.text(slot))"
        case .isType(let type): "\(variable) is \(type.text)"
        case .isTypeIn(let type, let reference): "\(variable) is \(type.text) in \(reference.text(slot))"
        }
    }
}

extension EntityConstraint.Reference {
    fileprivate func text(_ slot: Slot) -> String {
        switch self {
        case .entity(let uid): uid.description
        case .slot: slot.rawValue
        }
    }
}

extension ActionConstraint {
    fileprivate var text: String {
        switch self {
        case .any: "action"
        case .equal(let uid): "action == \(uid)"
        case .isIn(let uid): "action in \(uid)"
        case .isInAny(let uids): "action in [\(uids.map(\.description).joined(separator: ", "))]"
        }
    }
}
