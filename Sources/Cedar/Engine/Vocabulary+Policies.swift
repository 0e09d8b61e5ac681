// SPDX-License-Identifier: Apache-2.0

extension Vocabulary {
    /// Numbers everything that policies name.
    mutating func add(_ policies: [Policy]) {
        for policy in policies {
            add(policy.scope)
            for condition in policy.body.conditions { add(condition.body) }
        }
    }

    private mutating func add(_ scope: Scope) {
        add(scope.principal)
        add(scope.resource)
        switch scope.action {
        case .any: break
        case .equal(let uid), .isIn(let uid): self.uid(uid)
        case .isInAny(let uids): for uid in uids { self.uid(uid) }
        }
    }

    private mutating func add(_ constraint: EntityConstraint) {
        if let uid = constraint.reference?.entity { self.uid(uid) }
        switch constraint {
        case .isType(let name), .isTypeIn(let name, _): _ = type(name)
        case .any, .equal, .isIn: break
        }
    }

    /// Walks with a list of its own, so that depth costs no stack.
    private mutating func add(_ expression: Expression) {
        var open = [expression]
        while let next = open.popLast() {
            switch next.kind {
            case .literal(.entity(let uid)): self.uid(uid)
            case .isType(_, let name, in: _): _ = type(name)
            case .has(_, let path): for name in path { _ = names.intern(name.text) }
            case .attribute(_, let name): _ = names.intern(name.text)
            case .record(let fields): for field in fields { _ = names.intern(field.key.text) }
            case .literal, .variable, .slot, .and, .or, .arithmetic, .not, .negate, .comparison, .conditional, .like,
                .method, .call, .set:
                break
            }
            open.append(contentsOf: next.kind.children)
        }
    }
}
