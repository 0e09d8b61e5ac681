// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON

/// What an issuer says of a token (RFC 7662, section 2.2), checked.
struct IntrospectionAnswer {
    private static let limits = JSONLimits(maximumBytes: 256 << 10, maximumDepth: 32)

    /// The members of the answer, those that are `null` left out.
    let members: JSONObject
    /// When the token expires, in whole seconds; `nil` if the answer does not say.
    let expiresAt: Int64?
    let audiences: [String]

    /// Reads an answer's body.
    ///
    /// - Returns: The members; `nil` if the token is not active.
    static func members(of body: [UInt8]) throws(IntrospectionFailure) -> JSONObject? {
        let value: JSONValue
        do { value = try JSONValue.parse(body, limits: limits) } catch { throw .answer("is not JSON: \(error)") }
        return try activeMembers(value)
    }

    /// The members of an answer; `nil` unless `active` is exactly `true`.
    static func activeMembers(_ value: JSONValue) throws(IntrospectionFailure) -> JSONObject? {
        guard case .object(let object) = value else { throw .answer("is not a JSON object") }
        guard case .bool(let isActive)? = object["active"] else { throw .answer("has no `active` of true or false") }
        guard isActive else { return nil }
        var members = JSONObject()
        for member in object.members where member.value != .null { members[member.key] = member.value }
        return members
    }

    /// Checks what an active token must fulfil besides.
    init(_ members: JSONObject, _ settings: IntrospectionSettings, now: Int64) throws(IdentityError) {
        self.members = members
        if let issuer = settings.issuer, let named = members["iss"] {
            guard let text = named.stringValue, text.isSameBytes(as: issuer) else {
                throw .issuerNotAccepted(issuer: named.stringValue.map { String($0.prefix(256)) })
            }
        }
        // A refresh token is active too, but it is no proof of access.
        if let type = members["token_type"] {
            let accepted = ["bearer", "access_token", "dpop", "pop", "basic"]
            guard let text = type.stringValue, accepted.contains(where: { text.equalsIgnoringASCIICase($0) }) else {
                throw .tokenTypeNotAccepted(
                    issuer: settings.label, type: type.stringValue.map { String($0.prefix(64)) })
            }
        }
        audiences = StatementRules.names(members["aud"])
        if !settings.audiences.isEmpty {
            let isMeant = audiences.contains { name in settings.audiences.contains { $0.isSameBytes(as: name) } }
            guard isMeant else { throw .audienceNotAccepted(issuer: settings.label) }
        }
        try Self.checkScopes(members, settings)
        expiresAt = try Self.lifetime(members, settings, now)
    }

    private static func checkScopes(
        _ members: JSONObject, _ settings: IntrospectionSettings
    ) throws(IdentityError) {
        guard !settings.requiredScopes.isEmpty else { return }
        let granted: [String] =
            switch members["scope"] {
            case .string(let text)?: text.split(separator: " ").map(String.init)
            case .array?, .null?, .bool?, .number?, .object?, nil: StatementRules.names(members["scope"])
            }
        for scope in settings.requiredScopes where !granted.contains(where: { $0.isSameBytes(as: scope) }) {
            throw .scopeMissing(issuer: settings.label)
        }
    }

    /// `exp` may be absent, and all times may have fractions.
    private static func lifetime(
        _ members: JSONObject, _ settings: IntrospectionSettings, _ now: Int64
    ) throws(IdentityError) -> Int64? {
        var claims = JSONObject()
        for name in ["exp", "nbf", "iat"] { if let value = members[name] { claims[name] = value } }
        let expires = members["exp"] != nil
        if !expires { claims["exp"] = .number(JSONNumber((1 << 53) - 1)) }
        let lifetime = try TokenLifetime(claims: claims)
        try lifetime.validate(at: now, skew: settings.clockSkew)
        return expires ? lifetime.expiresAt : nil
    }
}
