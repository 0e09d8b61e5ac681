// SPDX-License-Identifier: Apache-2.0

extension Policy {
    /// The policy as Cedar text, ending in a line break; reading it gives the same policy, its id apart.
    ///
    /// A linked policy is written with its slots filled. A call of an extension method without receiver, which only
    /// JSON can express, has no text that could be read back. Empty if the policy nests deeply and the system has no
    /// stack to give for it.
    ///
    /// - Parameter namesItself: Whether the policy's id stands in the text, as its annotation `@id`.
    /// - Returns: The text.
    public func cedarText(namesItself: Bool = false) -> String {
        DeepStack.run(depth: body.depth) { text(namesItself) } ?? ""
    }

    private func text(_ namesItself: Bool) -> String {
        var lines: [String] = annotations.entries.map { entry in
            let isReplaced = namesItself && entry.name.hasSameBytes(as: "id") && !saysMore(entry.value)
            let value = isReplaced ? id.text : entry.value
            return "@\(entry.name)" + (value.map { "(\(CedarString.quoted($0)))" } ?? "")
        }
        if namesItself, !annotations.entries.contains(where: { $0.name.hasSameBytes(as: "id") }) {
            lines.append("@id(\(CedarString.quoted(id.text)))")
        }
        let principal = scope.principal.text("principal", .principal)
        let resource = scope.resource.text("resource", .resource)
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

    /// Whether an `@id` names the policy better than its id: `policy0` and so on are given where nobody gave one.
    ///
    /// A link has the annotations of its template, and with them another id than its own.
    private func saysMore(_ annotation: String?) -> Bool {
        guard let annotation, !annotation.isEmpty, scope == body.scope else { return false }
        let number = id.text.utf8.dropFirst(6)
        return id.text.hasPrefix("policy") && !number.isEmpty && number.allSatisfy { 0x30...0x39 ~= $0 }
    }

    /// Whether both say the same, ids and `@id` annotations apart.
    func hasSameMeaning(as other: Policy) -> Bool {
        func others(_ policy: Policy) -> [Annotations.Entry] {
            policy.annotations.entries.filter { !$0.name.hasSameBytes(as: "id") }
        }
        func plain(_ policy: Policy) -> PolicyBody {
            PolicyBody(
                effect: policy.effect, annotations: Annotations(others(policy)), scope: policy.scope,
                conditions: policy.body.conditions, location: policy.location, lines: policy.body.lines)
        }
        return plain(self).hasSameMeaning(as: plain(other))
    }
}

extension PolicySet {
    /// The set as Cedar text: static policies, templates, and linked policies with their slots filled.
    ///
    /// - Parameter namesPolicies: Whether each policy's id stands in the text, as its annotation `@id`.
    /// - Returns: The text; see ``textProblems`` for what it cannot express.
    public func cedarText(namesPolicies: Bool = false) -> String {
        textPolicies.map { $0.cedarText(namesItself: namesPolicies) }.joined(separator: "\n")
    }

    /// What a text can hold: a template without slots would be a static policy there.
    private var textPolicies: [Policy] { policies + templates.filter { !$0.slots.isEmpty } + links.map(\.policy) }

    /// Why ``cedarText(namesPolicies:)`` would not say the same, in words; empty when it does.
    public var textProblems: [String] {
        var problems = templates.filter(\.slots.isEmpty).map { template in
            "template `\(CedarString.escaped(template.id.text))` has no slot; as text it would be a static policy"
        }
        for policy in textPolicies {
            let source = PolicySource(file: "", text: policy.cedarText())
            let limits = PolicyLimits(maximumBytes: source.bytes.count)
            let read = PolicySet.parse([source], naming: .sequential, limits: limits).policies?["policy0"]
            if read?.hasSameMeaning(as: policy) != true {
                problems.append("policy `\(CedarString.escaped(policy.id.text))` has no text that reads back as it is")
            }
        }
        return problems
    }
}

extension PolicyBody {
    /// How deeply its expressions nest.
    var depth: Int { conditions.reduce(0) { max($0, Int($1.body.depth)) } }
}

extension EntityConstraint {
    func text(_ variable: String, _ slot: Slot) -> String {
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
    var text: String {
        switch self {
        case .any: "action"
        case .equal(let uid): "action == \(uid)"
        case .isIn(let uid): "action in \(uid)"
        case .isInAny(let uids): "action in [\(uids.map(\.description).joined(separator: ", "))]"
        }
    }
}
