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

    convenience init(_ caller: AuthenticatedCaller, plan: CallerPlan) throws(EntityError) {
        try self.init(caller.principal, caller, plan: plan)
    }

    convenience init(_ principal: Principal, plan: CallerPlan) throws(EntityError) {
        try self.init(principal, nil, plan: plan)
    }

    private init(
        _ principal: Principal, _ credential: AuthenticatedCaller?, plan: CallerPlan
    ) throws(EntityError) {
        self.principal = principal
        self.credential = credential
        let id = principal.entityID
        uid = plan.uid(principal.kind, id)
        entities = try plan.entity(uid, principal)
        tokenRecord = credential == nil ? nil : plan.tokenRecord(principal.attributes)
        whoJSON = Self.who(principal, credential?.evidence)
        uidJSON = CanonicalEntity.uid(type: principal.kind.rawValue, id: id)
        entityJSON = Self.entityJSON(principal, uidJSON)
        claimsJSON = credential == nil ? nil : CanonicalEntity.record(principal.attributes)
        groupsJSON = principal.groups.isEmpty ? nil : Self.texts(principal.groups)
    }

    private static func texts(_ texts: [String]) -> [UInt8] {
        var writer = JSONWriter(capacity: 24 * texts.count)
        writer.beginArray()
        for text in texts { writer.string(text) }
        writer.endArray()
        return writer.bytes
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
    private static func entityJSON(_ principal: Principal, _ uid: [UInt8]) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.key("attrs")
        writer.beginObject()
        if !saysScopes(principal) {
            writer.key("scopes")
            writer.beginArray()
            for scope in principal.scopes { writer.string(scope) }
            writer.endArray()
        }
        writer.endObject()
        writer.key("parents")
        writer.beginArray()
        for group in principal.groups { CanonicalEntity.write(type: "Group", id: group, to: &writer) }
        for role in principal.roles { CanonicalEntity.write(type: "Role", id: role, to: &writer) }
        writer.endArray()
        writer.key("uid")
        writer.raw(uid)
        writer.endObject()
        return writer.bytes
    }

    /// Whether the attributes hold exactly the scopes, in their order.
    private static func saysScopes(_ principal: Principal) -> Bool {
        guard let said = principal.attributes["scopes"] else { return false }
        return said == .array(principal.scopes.map { .string($0) })
    }
}
