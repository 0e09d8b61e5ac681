// SPDX-License-Identifier: Apache-2.0

/// How one policy stood to a request, part by part: what an explanation is made of.
package struct PolicyTrace: Sendable, Hashable {
    /// What came of the policy.
    package enum Outcome: Sendable, Hashable {
        /// Scope and conditions hold.
        case satisfied
        /// Some parts do not hold; each as Cedar text that would have to be true.
        case missed([String])
        /// A condition could not be evaluated.
        case failed(String)
    }

    /// The policy.
    package let policy: PolicyID
    /// What the policy does when it is satisfied.
    package let effect: Effect
    /// What came of it.
    package let outcome: Outcome
    /// Whether principal, action and resource are those that the policy is about.
    package let isInScope: Bool
}

extension PolicyEngine {
    /// Follows every policy through a request, by the reference evaluator: for people, not for the request path.
    ///
    /// - Throws: ``EntityError`` if the entities contradict each other or their parents form a circle.
    package func trace(_ request: Request, entities: [Entity] = []) throws(EntityError) -> [PolicyTrace] {
        var overlay: [EntityUID: EntityStore.Node] = [:]
        for node in try EntityStore.closing(entities, above: self.entities) { overlay[node.entity.uid] = node }
        let evaluator = ReferenceEvaluator(request: request, entities: self.entities, overlay: overlay)
        let data = overlay.values.reduce(max(self.entities.depth, request.context.depth)) {
            max($0, $1.entity.depth)
        }
        let depth = policies.effectivePolicies.reduce(data) { max($0, $1.body.depth) }
        return DeepStack.run(depth: depth) { policies.effectivePolicies.map(evaluator.trace) } ?? []
    }
}

extension ReferenceEvaluator {
    fileprivate func trace(_ policy: Policy) -> PolicyTrace {
        func traced(_ outcome: PolicyTrace.Outcome, isInScope: Bool) -> PolicyTrace {
            PolicyTrace(policy: policy.id, effect: policy.effect, outcome: outcome, isInScope: isInScope)
        }
        var missing: [String] = []
        do throws(EvaluationError) {
            let scope = policy.scope
            if try !holds(scope.principal, for: request.principal, slot: .principal) {
                missing.append(scope.principal.text("principal", .principal))
            }
            if !holds(scope.action) { missing.append(scope.action.text) }
            if try !holds(scope.resource, for: request.resource, slot: .resource) {
                missing.append(scope.resource.text("resource", .resource))
            }
        } catch {
            return traced(.failed("\(error)"), isInScope: false)
        }
        let isInScope = missing.isEmpty
        for condition in policy.body.conditions {
            do throws(EvaluationError) {
                guard try bool(condition.body) != (condition.kind == .when) else { continue }
                missing += falseParts(condition)
            } catch {
                // Conditions may rely on a scope that does not hold here.
                if isInScope { return traced(.failed("\(error)"), isInScope: true) }
            }
        }
        return traced(missing.isEmpty ? .satisfied : .missed(missing), isInScope: isInScope)
    }

    /// The operands that keep a condition from holding.
    private func falseParts(_ condition: PolicyBody.Condition) -> [String] {
        switch (condition.kind, condition.body.kind) {
        case (.unless, _): return ["!(\(ExpressionPrinter.text(of: condition.body)))"]
        case (.when, .and(let operands)):
            // Operands behind the first false one may rely on it: those that cannot be evaluated say nothing.
            return operands.filter { (try? bool($0)) == false }.map { ExpressionPrinter.text(of: $0) }
        case (.when, _): return [ExpressionPrinter.text(of: condition.body)]
        }
    }
}
