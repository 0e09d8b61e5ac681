// SPDX-License-Identifier: Apache-2.0

import Callout
import Cedar
import StrictJSON

/// What preparing a caller needs of one engine, looked up once.
struct CallerPlan: Sendable {
    private let engine: PolicyEngine
    private let kinds: [Principal.Kind: EntityTypeName]
    private let group, role: EntityTypeName
    private let scopes: RecordKey
    /// Whether a policy reads `context.token`.
    private let readsToken: Bool

    /// Returns `nil` if the built-in names are no entity types.
    init?(_ engine: PolicyEngine, reads: ContextParts) {
        guard let group = EntityTypeName("Group"), let role = EntityTypeName("Role") else { return nil }
        var kinds: [Principal.Kind: EntityTypeName] = [:]
        for kind in Principal.Kind.allCases {
            guard let type = EntityTypeName(kind.rawValue) else { return nil }
            kinds[kind] = type
        }
        (self.engine, self.kinds, self.group, self.role) = (engine, kinds, group, role)
        scopes = engine.key("scopes")
        readsToken = reads.token
    }

    /// The identity of a principal.
    func uid(_ kind: Principal.Kind, _ id: String) -> PreparedUID {
        // Every kind has its type.
        engine.prepare(EntityUID(type: kinds[kind] ?? group, id: id))
    }

    /// The principal's entity: what the operator's own entities say of it comes first, then the credential.
    ///
    /// Attributes that neither a policy nor a base entity names are left out: nobody can read them, and entities are
    /// never compared by their attributes.
    func entity(_ uid: PreparedUID, _ principal: Principal) throws(EntityError) -> PreparedEntities {
        var attributes: [(RecordKey, PreparedValue)] = []
        for member in principal.attributes.members {
            let key = engine.key(member.key)
            if key.isKnown, let value = value(member.value) { attributes.append((key, value)) }
        }
        if scopes.isKnown { attributes.append((scopes, .set(principal.scopes.map { .string($0) }))) }
        let parents =
            principal.groups.map { EntityUID(type: group, id: $0) }
            + principal.roles.map { EntityUID(type: role, id: $0) }
        return try engine.prepareEntity(
            extending: uid, attributes: attributes, parents: engine.prepareParents(parents))
    }

    /// What policies read as `context.token`; `nil` if none does.
    func tokenRecord(_ claims: JSONObject) -> PreparedRecord? {
        guard readsToken else { return nil }
        return PreparedRecord(
            claims.members.compactMap { member in value(member.value).map { (engine.key(member.key), $0) } })
    }

    /// A claim as the engine computes with it; `nil` for what Cedar cannot express.
    private func value(_ json: JSONValue) -> PreparedValue? {
        switch json {
        case .null: return nil
        case .bool(let flag): return .bool(flag)
        case .number(let number): return number.int64.map { .long($0) }
        case .string(let text): return .string(text)
        case .array(let elements) where elements.allSatisfy(Self.isFlat):
            return .set(elements.compactMap { value($0) })
        // What nests may nest deeply; the engine sees to its stack.
        case .array, .object: return Value(json).map { engine.prepare($0) }
        }
    }

    private static func isFlat(_ json: JSONValue) -> Bool {
        switch json {
        case .null, .bool, .number, .string: true
        case .array, .object: false
        }
    }
}
