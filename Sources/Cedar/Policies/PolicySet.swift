// SPDX-License-Identifier: Apache-2.0

/// Static policies, templates and their links, each under its own id.
public struct PolicySet: Sendable {
    /// The static policies, in source order.
    public private(set) var policies: [Policy] = []
    /// The templates, in source order.
    public private(set) var templates: [Policy] = []
    /// The linked policies, in the order they were made.
    public private(set) var links: [TemplateLink] = []

    private var places: [PolicyID: Place] = [:]

    private enum Place: Sendable {
        case policy(Int)
        case template(Int)
        case link(Int)
    }

    /// The empty set, under which every request is denied.
    public init() {}

    /// Everything that takes part in authorization: static and linked policies.
    public var effectivePolicies: [Policy] { policies + links.map(\.policy) }

    /// The static policy, template or linked policy of an id.
    public subscript(_ id: PolicyID) -> Policy? {
        switch places[id] {
        case .policy(let index): policies[index]
        case .template(let index): templates[index]
        case .link(let index): links[index].policy
        case nil: nil
        }
    }

    /// Adds a static policy, or a template if it has slots.
    ///
    /// - Throws: ``PolicySetError/duplicateID(_:first:second:)``.
    public mutating func add(_ policy: Policy) throws(PolicySetError) {
        try insert(policy, asTemplate: !policy.slots.isEmpty)
    }

    mutating func insert(_ policy: Policy, asTemplate: Bool) throws(PolicySetError) {
        if let other = self[policy.id] {
            throw .duplicateID(policy.id, first: other.location, second: policy.location)
        }
        if asTemplate {
            places[policy.id] = .template(templates.count)
            templates.append(policy)
        } else {
            places[policy.id] = .policy(policies.count)
            policies.append(policy)
        }
    }

    /// Fills the slots of a template and adds the resulting policy under its own id.
    ///
    /// - Throws: ``PolicySetError`` for an unknown template, an id in use, or slots that do not fit exactly.
    public mutating func link(
        template: PolicyID, as id: PolicyID, values: [Slot: EntityUID]
    ) throws(PolicySetError) {
        guard case .template(let index) = places[template] else { throw .unknownTemplate(template) }
        let body = templates[index]
        if let other = self[id] { throw .duplicateID(id, first: other.location, second: body.location) }
        guard Set(values.keys) == Set(body.slots) else {
            throw .slotsDoNotFit(
                template: template, wanted: body.slots, given: values.keys.sorted { $0.rawValue < $1.rawValue })
        }
        let scope = Scope(
            principal: body.scope.principal.filling(values[.principal]),
            action: body.scope.action,
            resource: body.scope.resource.filling(values[.resource]))
        places[id] = .link(links.count)
        links.append(
            TemplateLink(
                template: template, values: values, policy: Policy(id: id, body: body.body, scope: scope)))
    }

    /// Adds everything of another set.
    ///
    /// - Throws: ``PolicySetError/duplicateID(_:first:second:)``; this set is unchanged then.
    public mutating func merge(_ other: PolicySet) throws(PolicySetError) {
        var merged = self
        for policy in other.policies { try merged.insert(policy, asTemplate: false) }
        for template in other.templates { try merged.insert(template, asTemplate: true) }
        for link in other.links {
            try merged.link(template: link.template, as: link.policy.id, values: link.values)
        }
        self = merged
    }
}

/// A template with its slots filled.
public struct TemplateLink: Sendable {
    /// The template's id.
    public let template: PolicyID
    /// What each slot stands for.
    public let values: [Slot: EntityUID]
    /// The resulting policy under its own id.
    public let policy: Policy
}

/// Why a policy could not join a set.
public enum PolicySetError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The id is used by another policy, template or link.
    case duplicateID(PolicyID, first: SourceLocation, second: SourceLocation)
    /// A link names a template that is not in the set.
    case unknownTemplate(PolicyID)
    /// A link leaves a slot open or fills one that the template does not have.
    case slotsDoNotFit(template: PolicyID, wanted: [Slot], given: [Slot])

    /// What was wrong, and where.
    public var description: String {
        switch self {
        case .duplicateID(let id, let first, let second):
            "\(second): the policy id `\(id)` is already used at \(first); give one of them another `@id(\"...\")`"
        case .unknownTemplate(let id): "there is no template `\(id)`"
        case .slotsDoNotFit(let template, let wanted, let given):
            "template `\(template)` wants \(names(wanted)), the link gives \(names(given))"
        }
    }

    private func names(_ slots: [Slot]) -> String {
        slots.isEmpty ? "no slot" : slots.map { "`\($0.rawValue)`" }.joined(separator: " and ")
    }
}
