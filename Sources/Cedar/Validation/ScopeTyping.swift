// SPDX-License-Identifier: Apache-2.0

/// What the scope of a policy says about the sorts of requests there are.
struct ScopeTyping {
    let model: SchemaModel
    private let principal: Constraint
    private let resource: Constraint
    /// The actions that satisfy the scope.
    let actions: [Int]
    /// Whether any sort of request satisfies the scope.
    var isApplicable: Bool {
        actions.contains { action in
            model.actions[action].principals.contains(where: acceptsPrincipal)
                && model.actions[action].resources.contains(where: acceptsResource)
        }
    }

    /// A constraint on principal or resource, its names looked up.
    private enum Constraint {
        case any
        case isType(EntityTypeID)
        /// `in` an entity of this type.
        case below(EntityTypeID)
        case isTypeBelow(EntityTypeID, EntityTypeID)
        /// Names what the schema does not know.
        case none
    }

    init(_ scope: Scope, model: SchemaModel, groups: ActionGroups) {
        self.model = model
        principal = Self.constraint(scope.principal, model)
        resource = Self.constraint(scope.resource, model)
        actions = groups.actions(satisfying: scope.action)
    }

    private static func constraint(_ constraint: EntityConstraint, _ model: SchemaModel) -> Constraint {
        func declared(_ name: EntityTypeName) -> EntityTypeID? { model.entityTypeIDs[name] }
        switch constraint {
        case .any, .equal(.slot), .isIn(.slot): return .any
        case .equal(.entity(let uid)): return declared(uid.type).map(Constraint.isType) ?? .none
        case .isIn(.entity(let uid)): return declared(uid.type).map(Constraint.below) ?? .none
        case .isType(let name), .isTypeIn(let name, .slot): return declared(name).map(Constraint.isType) ?? .none
        case .isTypeIn(let name, .entity(let uid)):
            guard let type = declared(name), let other = declared(uid.type) else { return .none }
            return .isTypeBelow(type, other)
        }
    }

    func acceptsPrincipal(_ type: EntityTypeID) -> Bool { accepts(principal, type) }
    func acceptsResource(_ type: EntityTypeID) -> Bool { accepts(resource, type) }

    private func accepts(_ constraint: Constraint, _ type: EntityTypeID) -> Bool {
        switch constraint {
        case .any: true
        case .isType(let wanted): type == wanted
        case .below(let other): model.canBe(type, in: other)
        case .isTypeBelow(let wanted, let other): type == wanted && model.canBe(type, in: other)
        case .none: false
        }
    }
}

/// Which actions are in which groups.
struct ActionGroups {
    private let model: SchemaModel
    private let all: [Int]
    /// The actions below each one, itself first.
    private let members: [[Int]]

    init(_ model: SchemaModel) {
        self.model = model
        all = Array(model.actions.indices)
        var members = model.actions.indices.map { [$0] }
        for (index, action) in model.actions.enumerated() {
            for group in model.actionStore.ancestors(of: action.uid) {
                if let place = model.actionIDs[group] { members[place].append(index) }
            }
        }
        self.members = members
    }

    func actions(satisfying constraint: ActionConstraint) -> [Int] {
        switch constraint {
        case .any: all
        case .equal(let uid): model.actionIDs[uid].map { [$0] } ?? []
        case .isIn(let uid): model.actionIDs[uid].map { members[$0] } ?? []
        case .isInAny(let uids): union(uids)
        }
    }

    private func union(_ uids: [EntityUID]) -> [Int] {
        var found: Set<Int> = []
        for uid in uids {
            guard let place = model.actionIDs[uid] else { return [] }
            found.formUnion(members[place])
        }
        return found.sorted()
    }
}
