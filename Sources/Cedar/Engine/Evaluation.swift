// SPDX-License-Identifier: Apache-2.0

/// The decision of one request.
struct Evaluation: ~Copyable {
    private let places: PolicyPlaces
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

    @inline(__always)
    init(machine: consuming Machine, principal: Subject, action: Subject, resource: Subject) {
        places = machine.places
        self.principal = principal
        self.action = action
        self.resource = resource
        self.machine = machine
    }

    mutating func run() { visit(places.index.root) }

    // MARK: Candidates

    /// Looks at the policies of a group; recurses once per variable.
    private mutating func visit(_ number: Int32) {
        let group = places.index.groups[Int(number)]
        guard group.node >= 0 else {
            scan(group)
            return
        }
        let node = places.index.nodes[Int(group.node)]
        switch node.variable {
        case .principal: probe(node, principal)
        case .action: probe(node, action)
        case .resource: probe(node, resource)
        }
    }

    private mutating func scan(_ group: ScopeIndex.Group) {
        for place in group.start..<(group.start &+ group.count) {
            consider(places.index.candidates[Int(place)])
        }
    }

    @inline(__always)
    private mutating func probe(_ node: ScopeIndex.Node, _ subject: Subject) {
        if node.kinds.contains(.ancestor) {
            probeAncestors(node, subject)
        }
        if node.kinds.contains(.identity), subject.number >= 0 { visit(.identity, subject.number, node) }
        if node.kinds.contains(.type), subject.type >= 0 { visit(.type, subject.type, node) }
        if node.rest >= 0 { visit(node.rest) }
    }

    @inline(__always)
    private mutating func visit(_ kind: ScopeIndex.KeyKinds, _ number: Int32, _ node: ScopeIndex.Node) {
        let found = places.index.group(kind, number, in: node)
        if found >= 0 { visit(found) }
    }

    private mutating func probeAncestors(_ node: ScopeIndex.Node, _ subject: Subject) {
        guard subject.ancestorCount <= Int(node.ancestorCount) else {
            for place in node.firstAncestor..<(node.firstAncestor &+ node.ancestorCount) {
                let ancestor = places.index.ancestors[Int(place)]
                if subject.isIn(ancestor) { visit(.ancestor, ancestor, node) }
            }
            return
        }
        if subject.number >= 0 { visit(.ancestor, subject.number, node) }
        for place in 0..<subject.ancestorCount where subject.ancestors[place] != subject.number {
            visit(.ancestor, subject.ancestors[place], node)
        }
    }

    // MARK: Policies

    private mutating func consider(_ number: Int32) {
        considered &+= 1
        let policy = places.members + Int(number)
        switch principal.satisfies(policy.pointee.scope.principal, actions: places.actions) {
        case false?: return
        case nil: return failures.append((number, .openSlot(.principal)))
        case true?: break
        }
        guard action.satisfies(policy.pointee.scope.action, actions: places.actions) ?? false else { return }
        switch resource.satisfies(policy.pointee.scope.resource, actions: places.actions) {
        case false?: return
        case nil: return failures.append((number, .openSlot(.resource)))
        case true?: break
        }
        evaluate(number, policy.pointee.start, policy.pointee.effect)
    }

    private mutating func evaluate(_ number: Int32, _ start: Int32, _ effect: Effect) {
        evaluated &+= 1
        do throws(EvaluationError) {
            guard try machine.run(from: start) else { return }
        } catch {
            failures.append((number, error))
            machine.list.removeAll()
            return
        }
        switch effect {
        case .permit: permits.append(number)
        case .forbid: forbids.append(number)
        }
    }

    // MARK: Outcome

    /// The decision, with policies in the set's order.
    func response(_ policies: CompiledPolicies) -> Response {
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
