// SPDX-License-Identifier: Apache-2.0

/// The decision of one request.
struct Evaluation {
    private let policies: CompiledPolicies
    private let principal: Subject
    private let action: Subject
    private let resource: Subject
    private var machine: Machine
    /// How many policies' conditions were evaluated.
    private(set) var evaluated = 0
    /// How many policies' scopes were tested.
    private(set) var considered = 0
    private var permits = PolicyNumbers()
    private var forbids = PolicyNumbers()
    private var failures: [(policy: Int32, error: EvaluationError)] = []

    init(policies: CompiledPolicies, machine: Machine, request: PreparedRequest) {
        self.policies = policies
        self.machine = machine
        principal = machine.subject(request.principal.runtime)
        action = machine.subject(request.action.runtime)
        resource = machine.subject(request.resource.runtime)
    }

    mutating func run() {
        if policies.index.root >= 0 { visit(policies.index.root) }
    }

    // MARK: Candidates

    /// Looks at the policies of a group; recurses once per variable.
    private mutating func visit(_ number: Int32) {
        let group = policies.index.groups[Int(number)]
        guard group.node >= 0 else {
            scan(group)
            return
        }
        let node = policies.index.nodes[Int(group.node)]
        switch node.variable {
        case .principal: probe(node, principal)
        case .action: probe(node, action)
        case .resource: probe(node, resource)
        }
    }

    private mutating func scan(_ group: ScopeIndex.Group) {
        for place in group.start..<(group.start &+ group.count) {
            consider(policies.index.candidates[Int(place)])
        }
    }

    @inline(__always)
    private mutating func probe(_ node: ScopeIndex.Node, _ subject: Subject) {
        if node.kinds.contains(.ancestor) {
            probeAncestors(node, subject, subject.data?.ancestors.count ?? 0)
        }
        if node.kinds.contains(.identity), subject.number >= 0 { visit(.identity, subject.number, node) }
        if node.kinds.contains(.type), subject.type >= 0 { visit(.type, subject.type, node) }
        if node.rest >= 0 { visit(node.rest) }
    }

    @inline(__always)
    private mutating func visit(_ kind: ScopeIndex.KeyKinds, _ number: Int32, _ node: ScopeIndex.Node) {
        let found = policies.index.group(kind, number, in: node)
        if found >= 0 { visit(found) }
    }

    private mutating func probeAncestors(_ node: ScopeIndex.Node, _ subject: Subject, _ count: Int) {
        guard count <= Int(node.ancestorCount) else {
            for place in node.firstAncestor..<(node.firstAncestor &+ node.ancestorCount) {
                let ancestor = policies.index.ancestors[Int(place)]
                if subject.isIn(ancestor) { visit(.ancestor, ancestor, node) }
            }
            return
        }
        if subject.number >= 0 { visit(.ancestor, subject.number, node) }
        guard count > 0, let ancestors = subject.data?.ancestors else { return }
        for ancestor in ancestors where ancestor != subject.number { visit(.ancestor, ancestor, node) }
    }

    // MARK: Policies

    private mutating func consider(_ number: Int32) {
        considered &+= 1
        let policy = policies.policies[Int(number)]
        switch principal.satisfies(policy.scope.principal, lists: policies.lists) {
        case false?: return
        case nil: return failures.append((number, .openSlot(.principal)))
        case true?: break
        }
        guard action.satisfies(policy.scope.action, lists: policies.lists) ?? false else { return }
        switch resource.satisfies(policy.scope.resource, lists: policies.lists) {
        case false?: return
        case nil: return failures.append((number, .openSlot(.resource)))
        case true?: break
        }
        evaluate(number, policy)
    }

    private mutating func evaluate(_ number: Int32, _ policy: CompiledPolicies.Member) {
        evaluated &+= 1
        do throws(EvaluationError) {
            guard try machine.run(from: policy.start) else { return }
        } catch {
            failures.append((number, error))
            machine.list.removeAll()
            return
        }
        switch policy.effect {
        case .permit: permits.append(number)
        case .forbid: forbids.append(number)
        }
    }

    // MARK: Outcome

    /// The decision, with policies in the set's order.
    var response: Response {
        let decision: Decision = forbids.isEmpty && !permits.isEmpty ? .allow : .deny
        let determining = forbids.isEmpty ? permits : forbids
        return Response(
            decision: decision, determining: determining.isEmpty ? [] : policies.identifiers(of: determining),
            errors: failures.isEmpty ? [] : policies.failures(failures))
    }
}

/// Numbers of policies; the first costs no memory of its own.
struct PolicyNumbers {
    private(set) var first: Int32 = -1
    private(set) var others: [Int32] = []

    var isEmpty: Bool { first < 0 }

    mutating func append(_ number: Int32) {
        if first < 0 { first = number } else { others.append(number) }
    }
}
