// SPDX-License-Identifier: Apache-2.0

/// The three constraints before a policy's conditions.
struct Scope: Sendable, Hashable {
    var principal: EntityConstraint
    var action: ActionConstraint
    var resource: EntityConstraint
}

/// What a scope says about principal or resource.
enum EntityConstraint: Sendable, Hashable {
    case any
    case equal(Reference)
    case isIn(Reference)
    case isType(EntityTypeName)
    case isTypeIn(EntityTypeName, Reference)

    /// An entity, or the slot of a template that will name one.
    enum Reference: Sendable, Hashable {
        case entity(EntityUID)
        case slot

        var entity: EntityUID? {
            switch self {
            case .entity(let uid): uid
            case .slot: nil
            }
        }
    }

    var reference: Reference? {
        switch self {
        case .any, .isType: nil
        case .equal(let reference), .isIn(let reference), .isTypeIn(_, let reference): reference
        }
    }

    var hasSlot: Bool { reference == .slot }

    /// The constraint with its slot filled.
    func filling(_ uid: EntityUID?) -> EntityConstraint {
        guard hasSlot, let uid else { return self }
        return switch self {
        case .any, .isType: self
        case .equal: .equal(.entity(uid))
        case .isIn: .isIn(.entity(uid))
        case .isTypeIn(let type, _): .isTypeIn(type, .entity(uid))
        }
    }
}

/// What a scope says about the action.
enum ActionConstraint: Sendable, Hashable {
    case any
    case equal(EntityUID)
    case isIn(EntityUID)
    case isInAny([EntityUID])
}
