// SPDX-License-Identifier: Apache-2.0

/// A policy's scope as comparisons of small numbers.
struct CompiledScope: Sendable {
    let principal: Constraint
    let action: Constraint
    let resource: Constraint

    /// What is asked of one variable; -1 stands for what the constraint does not mention.
    struct Constraint: Sendable {
        let kind: Kind
        var uid: Int32 = -1
        var type: Int32 = -1
        /// For `isInAny`: the part of the list of actions.
        var firstAction: Int32 = 0
        var actionCount: Int32 = 0
    }

    enum Kind: UInt8, Sendable {
        case any, equal, isIn, isType, isTypeIn, isInAny
        /// A slot that no link filled: an error as soon as it is asked.
        case open
        /// The same behind a test of the type.
        case openOfType
    }
}

/// Principal, action or resource of a request, as scopes see it; good as long as the request's entities live.
struct Subject {
    /// -1 if the universe does not know the identity.
    let number: Int32
    /// -1 if no policy and no base entity has the type.
    let type: Int32
    /// The ancestors that the universe knows, ascending.
    let ancestors: UnsafePointer<Int32>
    let ancestorCount: Int

    @inline(__always)
    func isIn(_ ancestor: Int32) -> Bool {
        number == ancestor || AncestorList.contains(ancestor, ancestors, ancestorCount)
    }

    /// Whether a constraint holds; `nil` if it is an open slot, which is an error.
    @inline(__always)
    func satisfies(_ constraint: CompiledScope.Constraint, actions: UnsafePointer<Int32>) -> Bool? {
        switch constraint.kind {
        case .any: return true
        case .equal: return number == constraint.uid
        case .isIn: return isIn(constraint.uid)
        case .isType: return type == constraint.type
        case .isTypeIn: return type == constraint.type && isIn(constraint.uid)
        case .isInAny:
            for place in constraint.firstAction..<(constraint.firstAction &+ constraint.actionCount)
            where isIn(actions[Int(place)]) {
                return true
            }
            return false
        case .open: return nil
        case .openOfType: return type == constraint.type ? nil : false
        }
    }
}

extension CompiledScope {
    /// Translates a scope; `actions` takes the members of `action in [...]`.
    init(_ scope: Scope, universe: Universe, actions: inout [Int32]) {
        let loader = universe.loader
        principal = Constraint(scope.principal, loader)
        resource = Constraint(scope.resource, loader)
        switch scope.action {
        case .any: action = Constraint(kind: .any)
        case .equal(let uid): action = Constraint(kind: .equal, uid: loader.number(uid))
        case .isIn(let uid): action = Constraint(kind: .isIn, uid: loader.number(uid))
        case .isInAny(let uids):
            let numbers = Set(uids.map { loader.number($0) }).sorted()
            action = Constraint(
                kind: .isInAny, firstAction: Int32(truncatingIfNeeded: actions.count),
                actionCount: Int32(truncatingIfNeeded: numbers.count))
            actions += numbers
        }
    }
}

extension CompiledScope.Constraint {
    fileprivate init(_ constraint: EntityConstraint, _ loader: RuntimeLoader) {
        let uid = constraint.reference?.entity.map { loader.number($0) }
        switch constraint {
        case .any: self.init(kind: .any)
        case .isType(let type): self.init(kind: .isType, type: loader.number(type))
        case .equal: self.init(kind: uid == nil ? .open : .equal, uid: uid ?? -1)
        case .isIn: self.init(kind: uid == nil ? .open : .isIn, uid: uid ?? -1)
        case .isTypeIn(let type, _):
            self.init(kind: uid == nil ? .openOfType : .isTypeIn, uid: uid ?? -1, type: loader.number(type))
        }
    }
}

extension RuntimeLoader {
    /// The number of an identity that is part of a policy, and so known.
    fileprivate func number(_ uid: EntityUID) -> Int32 {
        if case .known(let number) = self.uid(uid) { return number }
        return -2
    }

    /// The number of a type that is part of a policy, and so known.
    fileprivate func number(_ type: EntityTypeName) -> Int32 { types.find(type.text) ?? -2 }
}
