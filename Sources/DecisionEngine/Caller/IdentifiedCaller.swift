// SPDX-License-Identifier: Apache-2.0

import Callout
import Cedar
import Identity
import StrictJSON

/// A caller in the forms that a decision needs, made once per credential and engine.
final class IdentifiedCaller: Sendable {
    /// What proved the caller; `nil` for ``Principal/anonymous``.
    let credential: AuthenticatedCaller?
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

    convenience init(_ caller: AuthenticatedCaller, engine: PolicyEngine) throws(EntityError) {
        try self.init(caller.principal, caller, engine: engine)
    }

    convenience init(_ principal: Principal, engine: PolicyEngine) throws(EntityError) {
        try self.init(principal, nil, engine: engine)
    }

    private init(
        _ principal: Principal, _ credential: AuthenticatedCaller?, engine: PolicyEngine
    ) throws(EntityError) {
        self.principal = principal
        self.credential = credential
        let entity = try Self.entity(of: principal, above: engine.entities)
        uid = engine.prepare(entity.uid)
        entities = try engine.prepare([entity])
        tokenRecord = credential == nil ? nil : engine.prepare(Record(principal.attributes))
        whoJSON = Self.who(principal, credential?.evidence)
        uidJSON = CanonicalEntity.uid(type: principal.kind.rawValue, id: principal.entityID)
        entityJSON = Self.entityJSON(principal)
        claimsJSON = credential == nil ? nil : CanonicalEntity.record(principal.attributes)
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

    private static func who(_ principal: Principal, _ evidence: CallerEvidence?) -> [UInt8] {
        var writer = JSONWriter(capacity: 384)
        writer.beginObject()
        if let evidence {
            if let context = evidence.authenticationContext { writer.bounded("acr", context) }
            if let algorithm = evidence.algorithm { writer.bounded("alg", algorithm) }
            if !evidence.authenticationMethods.isEmpty { writer.bounded("amr", evidence.authenticationMethods) }
            if !evidence.audiences.isEmpty { writer.bounded("aud", evidence.audiences) }
            writer.key("auth")
            writer.string(evidence.scheme.rawValue)
            if let expiry = evidence.expiresAt {
                writer.key("exp")
                writer.int(expiry)
            }
            if !evidence.issuer.isEmpty { writer.bounded("iss", evidence.issuer) }
            if let keyID = evidence.keyID { writer.bounded("kid", keyID) }
            writer.key("tok")
            writer.string(evidence.fingerprint)
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
