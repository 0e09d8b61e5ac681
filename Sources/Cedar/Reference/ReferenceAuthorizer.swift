// SPDX-License-Identifier: Apache-2.0

/// Decides by evaluating every policy: the oracle for ``PolicyEngine``.
struct ReferenceAuthorizer {
    let policies: PolicySet
    let entities: EntityStore
    var overlay: [EntityUID: EntityStore.Node] = [:]

    /// Decides a request, on a stack that holds whatever the policies and the data nest.
    func authorize(_ request: Request) -> Response {
        if let response = DeepStack.run(depth: depth(of: request), { decide(request) }) { return response }
        let errors = policies.effectivePolicies.map { policy in
            PolicyFailure(policy: policy.id, effect: policy.effect, error: .nestingTooDeep)
        }
        return Response(decision: .deny, determining: [], errors: errors)
    }

    private func depth(of request: Request) -> Int {
        let data = overlay.values.reduce(max(entities.depth, request.context.depth)) { max($0, $1.entity.depth) }
        return policies.effectivePolicies.reduce(data) { depth, policy in
            policy.body.conditions.reduce(depth) { max($0, Int($1.body.depth)) }
        }
    }

    private func decide(_ request: Request) -> Response {
        let evaluator = ReferenceEvaluator(request: request, entities: entities, overlay: overlay)
        var (permits, forbids, errors): ([PolicyID], [PolicyID], [PolicyFailure]) = ([], [], [])
        for policy in policies.effectivePolicies {
            do throws(EvaluationError) {
                guard try evaluator.isSatisfied(policy) else { continue }
                switch policy.effect {
                case .permit: permits.append(policy.id)
                case .forbid: forbids.append(policy.id)
                }
            } catch {
                errors.append(PolicyFailure(policy: policy.id, effect: policy.effect, error: error))
            }
        }
        if !forbids.isEmpty { return Response(decision: .deny, determining: forbids, errors: errors) }
        return Response(decision: permits.isEmpty ? .deny : .allow, determining: permits, errors: errors)
    }
}

extension ReferenceEvaluator {
    func isSatisfied(_ policy: Policy) throws(EvaluationError) -> Bool {
        guard try holds(policy.scope.principal, for: request.principal, slot: .principal), holds(policy.scope.action),
            try holds(policy.scope.resource, for: request.resource, slot: .resource)
        else { return false }
        for condition in policy.body.conditions {
            guard try bool(condition.body) == (condition.kind == .when) else { return false }
        }
        return true
    }

    func holds(
        _ constraint: EntityConstraint, for uid: EntityUID, slot: Slot
    ) throws(EvaluationError) -> Bool {
        switch constraint {
        case .any: return true
        case .isType(let type): return uid.type == type
        case .equal(let reference): return uid == (try resolve(reference, slot))
        case .isIn(let reference): return isIn(uid, try resolve(reference, slot))
        case .isTypeIn(let type, let reference):
            guard uid.type == type else { return false }
            return isIn(uid, try resolve(reference, slot))
        }
    }

    private func resolve(
        _ reference: EntityConstraint.Reference, _ slot: Slot
    ) throws(EvaluationError) -> EntityUID {
        guard let uid = reference.entity ?? slots[slot] else { throw .openSlot(slot) }
        return uid
    }

    func holds(_ constraint: ActionConstraint) -> Bool {
        switch constraint {
        case .any: true
        case .equal(let uid): request.action == uid
        case .isIn(let uid): isIn(request.action, uid)
        case .isInAny(let uids): uids.contains { isIn(request.action, $0) }
        }
    }
}
