// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// Checks policies against the schema, by the strict rules.
    ///
    /// Every policy and template is typed for every sort of request that its scope allows; linked policies are checked
    /// for what their slots are filled with. The cost grows with the number of policies and with the sorts of requests
    /// that each policy tells apart.
    public func validate(_ policies: PolicySet) -> ValidationResult {
        if let result = DeepStack.run({ findings(in: policies) }) { return result }
        let errors = (policies.policies + policies.templates).map { policy in
            ValidationFinding(
                kind: .outOfMemory, policy: policy.id, location: policy.location,
                problem: "there is no memory to check the policy", expected: "")
        }
        return ValidationResult(errors: errors, warnings: [])
    }

    private func findings(in policies: PolicySet) -> ValidationResult {
        var validator = Validator(model: model)
        for policy in policies.policies { validator.check(policy) }
        for template in policies.templates { validator.check(template) }
        for link in policies.links { validator.check(link) }
        return ValidationResult(errors: validator.errors, warnings: validator.warnings)
    }
}

/// Checks one policy after the other, and keeps what they have in common.
struct Validator {
    private let model: SchemaModel
    private let groups: ActionGroups
    private var lowering: ConditionLowering
    private var checker: TypeChecker
    private var environments: RequestEnvironments
    private(set) var errors: [ValidationFinding] = []
    private(set) var warnings: [ValidationFinding] = []

    init(model: SchemaModel) {
        self.model = model
        groups = ActionGroups(model)
        lowering = ConditionLowering(model: model)
        checker = TypeChecker(model: model)
        environments = RequestEnvironments(model)
    }

    mutating func check(_ policy: Policy) {
        lowering.lower(policy.body)
        checkNames(of: policy)
        checkTexts(of: policy)
        let scope = ScopeTyping(policy.scope, model: model, groups: groups)
        if !scope.isApplicable { report(.invalidActionApplication, policy, at: nil, inapplicable(scope)) }
        exchangeTables()
        checker.begin()
        let canHold = canHold(scope, policy.scope)
        exchangeTables()
        for problem in checker.problems {
            report(problem.kind, policy, at: problem.offset, (problem.problem, problem.expected))
        }
        if !canHold {
            report(.impossiblePolicy, policy, at: nil, ("the policy can never be satisfied by any request", ""))
        }
    }

    /// Hands the tables to the one who needs them next; copies would cost more than the checks.
    private mutating func exchangeTables() {
        swap(&lowering.graph, &checker.graph)
        swap(&lowering.names, &checker.types.names)
        swap(&lowering.entities, &checker.entities)
    }

    /// A link fills slots: the types of what they are filled with must be declared and fit the actions.
    mutating func check(_ link: TemplateLink) {
        for slot in Slot.allCases {
            guard let uid = link.values[slot] else { continue }
            checkType(uid.type, link.policy, at: nil)
            if model.entityTypeIDs[uid.type] != nil, let objection = model.objection(to: uid) {
                report(.impossiblePolicy, link.policy, at: nil, ("the link can never be satisfied: \(objection)", ""))
            }
        }
        let scope = ScopeTyping(link.policy.scope, model: model, groups: groups)
        if !scope.isApplicable { report(.invalidActionApplication, link.policy, at: nil, inapplicable(scope)) }
    }

    // MARK: Findings

    private mutating func report(
        _ kind: ValidationFinding.Kind, _ policy: Policy, at offset: UInt32?,
        _ text: (problem: String, expected: String)
    ) {
        let location = offset.map { policy.body.lines.location(at: Int($0)) } ?? policy.location
        let finding = ValidationFinding(
            kind: kind, policy: policy.id, location: location, problem: text.problem, expected: text.expected)
        switch kind.severity {
        case .error: errors.append(finding)
        case .warning: warnings.append(finding)
        }
    }

    private func inapplicable(_ scope: ScopeTyping) -> (String, String) {
        let shown = scope.actions.prefix(5).map { index in
            let action = model.actions[index]
            return "`\(action.uid)` with a principal of \(names(action.principals)) and a resource of "
                + names(action.resources)
        }
        return (
            "no action of the scope applies to such a principal and resource",
            shown.isEmpty ? "a declared action" : shown.joined(separator: "; ")
        )
    }

    private func names(_ types: [EntityTypeID]) -> String {
        types.isEmpty ? "no type" : types.prefix(10).map { "`\(model[$0].name)`" }.joined(separator: " or ")
    }

    // MARK: Names and texts

    /// Everything a policy names must be declared, even where no request leads.
    private mutating func checkNames(of policy: Policy) {
        for constraint in [policy.scope.principal, policy.scope.resource] {
            switch constraint {
            case .isType(let type), .isTypeIn(let type, _): checkType(type, policy, at: nil)
            case .any, .equal, .isIn: break
            }
            if let uid = constraint.reference?.entity { checkEntity(lowering.intern(uid), policy, at: nil) }
        }
        switch policy.scope.action {
        case .any: break
        case .equal(let uid), .isIn(let uid): checkEntity(lowering.intern(uid), policy, at: nil)
        case .isInAny(let uids):
            for uid in uids { checkEntity(lowering.intern(uid), policy, at: nil) }
            checkTypes(ofListed: uids, policy)
        }
        for named in lowering.namedTypes { checkType(named.type, policy, at: named.offset) }
        for named in lowering.namedEntities { checkEntity(named.entity, policy, at: named.offset) }
    }

    /// A list of actions is a set like any other: its elements must be of one type.
    private mutating func checkTypes(ofListed uids: [EntityUID], _ policy: Policy) {
        let types = Set(uids.filter { model.actionIDs[$0] != nil }.map(\.type))
        guard types.count > 1 else { return }
        let names = types.sorted().map { "`\($0)`" }.joined(separator: " and ")
        report(
            .incompatibleTypes, policy, at: nil,
            ("the list of actions mixes \(names)", "actions of one namespace; write one policy for each"))
    }

    private mutating func checkType(_ type: EntityTypeName, _ policy: Policy, at offset: UInt32?) {
        guard model.entityTypeIDs[type] == nil, !type.isAction else { return }
        report(
            .unrecognizedEntityType, policy, at: offset,
            ("there is no entity type `\(type)`", "the name of a declared entity type"))
    }

    private mutating func checkEntity(_ id: Int32, _ policy: Policy, at offset: UInt32?) {
        let entry = lowering.entities[id]
        guard let kind = entry.objection, let problem = model.objection(to: entry.uid) else { return }
        report(kind, policy, at: offset, (problem, ""))
    }

    private mutating func checkTexts(of policy: Policy) {
        var texts = lowering.texts.map { (text: $0.text, offset: Optional($0.offset)) }
        for constraint in [policy.scope.principal, policy.scope.resource] {
            if let uid = constraint.reference?.entity { texts.append((uid.id, nil)) }
        }
        for item in texts {
            guard let kind = TextLint.oddity(of: item.text) else { continue }
            report(kind, policy, at: item.offset, ("`\(CedarString.escaped(item.text))` may not be what it seems", ""))
        }
    }

    // MARK: Environments

    /// Types the conditions for every sort of request that the scope allows; says whether they can hold for any.
    private mutating func canHold(_ scope: ScopeTyping, _ constraints: Scope) -> Bool {
        var used = checker.graph.variables
        let read = used
        if constraints.principal != .any { used.insert(.principal) }
        if constraints.resource != .any { used.insert(.resource) }
        var canHold = false
        var seen: Set<RequestEnvironments.Key> = []
        let candidates =
            constraints.action == .any
            ? environments.distinct(used) : environments.distinct(used, among: scope.actions)
        for environment in candidates {
            guard scope.acceptsPrincipal(environment.principal), scope.acceptsResource(environment.resource) else {
                continue
            }
            if read != used, !seen.insert(environments.key(of: environment, read)).inserted { continue }
            if checker.canHold(in: environment) { canHold = true }
        }
        return canHold
    }
}
