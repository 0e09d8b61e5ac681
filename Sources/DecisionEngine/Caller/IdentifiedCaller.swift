// SPDX-License-Identifier: Apache-2.0

import Callout
import Cedar
import Identity
import StrictJSON

/// A caller in the forms that a decision needs, made once per token and engine.
final class IdentifiedCaller: Sendable {
    /// The token that proved the caller; `nil` for ``Principal/anonymous``.
    let token: VerifiedToken?
    /// Who is calling; its attributes are those that policies see.
    let principal: Principal
    let uid: PreparedUID
    let entities: PreparedEntities
    /// What policies read as `context.token`.
    let tokenRecord: PreparedRecord?

    /// Canonical JSON of the parts of the record that depend on the caller alone.
    let whoJSON: [UInt8]
    let uidJSON: [UInt8]
    let entityJSON: [UInt8]
    let claimsJSON: [UInt8]?
    let groupsJSON: [UInt8]?

    convenience init(_ token: VerifiedToken, engine: PolicyEngine) throws(EntityError) {
        let mapsAllClaims = token.provider.configuration.mapping.attributes.isEmpty
        let found = token.principal
        let principal = Principal(
            kind: found.kind, provider: found.provider, id: found.id, issuer: found.issuer, groups: found.groups,
            roles: found.roles, scopes: found.scopes, attributes: mapsAllClaims ? token.claims : found.attributes
        )
        try self.init(principal, token: token, engine: engine)
    }

    convenience init(_ principal: Principal, engine: PolicyEngine) throws(EntityError) {
        try self.init(principal, token: nil, engine: engine)
    }

    private init(_ principal: Principal, token: VerifiedToken?, engine: PolicyEngine) throws(EntityError) {
        self.principal = principal
        self.token = token
        let entity = try Self.entity(of: principal, above: engine.entities)
        uid = engine.prepare(entity.uid)
        entities = try engine.prepare([entity])
        tokenRecord = token == nil ? nil : engine.prepare(Record(principal.attributes))
        whoJSON = Self.who(principal, token)
        uidJSON = CanonicalEntity.uid(type: principal.kind.rawValue, id: principal.entityID)
        entityJSON = Self.entityJSON(principal)
        claimsJSON = token == nil ? nil : CanonicalEntity.record(principal.attributes)
        groupsJSON =
            principal.groups.isEmpty ? nil : JSONValue.array(principal.groups.map { .string($0) }).canonicalBytes()
    }

    /// The principal's entity: what the operator's own entities say of it comes first, then the credential.
    private static func entity(of principal: Principal, above base: EntityStore) throws(EntityError) -> Entity {
        guard let uid = EntityUID(principal.kind.rawValue, principal.entityID) else {
            throw .json(path: "principal", problem: "`\(principal.kind.rawValue)` is no entity type")
        }
        let known = base[uid]
        let claims = principal.attributes.members.compactMap { member in
            Value(member.value).map { (member.key, $0) }
        }
        let scopes = ("scopes", Value.set(principal.scopes.map { .string($0) }))
        let parents =
            principal.groups.compactMap { EntityUID("Group", $0) }
            + principal.roles.compactMap { EntityUID("Role", $0) }
        return Entity(
            uid: uid,
            attributes: Record(claims + [scopes] + (known?.attributes.members.map { ($0.key, $0.value) } ?? [])),
            tags: known?.tags ?? Record(), parents: parents + (known?.parents ?? [])
        )
    }

    private static func who(_ principal: Principal, _ token: VerifiedToken?) -> [UInt8] {
        var writer = JSONWriter(capacity: 384)
        writer.beginObject()
        if let facts = token?.facts {
            if let context = facts.authenticationContext { writer.bounded("acr", context) }
            writer.key("alg")
            writer.string(facts.algorithm.rawValue)
            if !facts.authenticationMethods.isEmpty { writer.bounded("amr", facts.authenticationMethods) }
            writer.bounded("aud", facts.audiences)
            writer.key("auth")
            writer.string(plain: "jwt")
            writer.key("exp")
            writer.int(facts.expiresAt)
            writer.bounded("iss", facts.issuer)
            if let keyID = facts.keyID { writer.bounded("kid", keyID) }
            writer.key("tok")
            writer.string(facts.fingerprint)
        } else {
            writer.key("auth")
            writer.string(plain: "anonymous")
        }
        writer.key("type")
        writer.string(principal.kind.rawValue)
        writer.endObject()
        return writer.bytes
    }

    /// The principal's entity; what `context.token` says of it too is not written twice.
    private static func entityJSON(_ principal: Principal) -> [UInt8] {
        let scopes = JSONValue.array(principal.scopes.map { .string($0) })
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.key("attrs")
        writer.beginObject()
        if principal.attributes["scopes"] != scopes {
            writer.key("scopes")
            writer.value(scopes)
        }
        writer.endObject()
        writer.key("parents")
        writer.beginArray()
        for group in principal.groups { writer.raw(CanonicalEntity.uid(type: "Group", id: group)) }
        for role in principal.roles { writer.raw(CanonicalEntity.uid(type: "Role", id: role)) }
        writer.endArray()
        writer.key("uid")
        writer.raw(CanonicalEntity.uid(type: principal.kind.rawValue, id: principal.entityID))
        writer.endObject()
        return writer.bytes
    }
}
