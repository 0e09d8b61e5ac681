// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON

/// Where the access tokens of a known identity provider differ from those of any OpenID provider.
public enum ProviderProfile: Sendable, Hashable {
    /// Nothing differs.
    case openID
    /// Okta: tokens of a custom authorization server, which name the client in `cid`.
    case okta
    /// Microsoft Entra ID: the issuer names the tenant, and tokens of applications have no scope.
    case entra(EntraTenants)
    /// Google: ID tokens of the accounts that are listed, since anybody has a Google account.
    case google(GoogleAccounts)
    /// Amazon Cognito: `client_id` stands for the audience, `token_use` for the type.
    case cognito(uses: [CognitoUse])
    /// Auth0: the client in `azp`, permissions beside scopes.
    case auth0
    /// Keycloak: the type stands in the claim `typ`, roles in `realm_access` and `resource_access`.
    case keycloak

    /// What a Cognito token may be for (`token_use`).
    public enum CognitoUse: String, Sendable, Hashable, CaseIterable {
        /// An access token.
        case access
        /// An ID token.
        case id
    }
}

extension ProviderProfile {
    /// Whether `aud` must name one of the audiences; Cognito's access tokens have none.
    var requiresAudience: Bool {
        switch self {
        case .openID, .okta, .entra, .google, .auth0, .keycloak: true
        case .cognito: false
        }
    }

    /// Whether the token must name a client; ID tokens, which are no proof of access, do not.
    private var requiresClient: Bool {
        switch self {
        case .okta, .entra, .auth0, .keycloak: true
        case .openID, .google, .cognito: false
        }
    }

    /// Checks what is particular to the provider, after signature, issuer, audience and times.
    ///
    /// - Parameters:
    ///   - claims: The claims, signed by the provider.
    ///   - client: The client that they name.
    ///   - keyIssuer: The issuer that the key set says the key belongs to, if it says so.
    /// - Throws: ``IdentityError/claimNotAccepted(name:_:)`` with the claim that does not fit the provider.
    func check(_ claims: JSONObject, client: String?, keyIssuer: String?) throws(IdentityError) {
        if requiresClient, client?.isEmpty ?? true { throw .claimNotAccepted(name: clientClaim, .missing) }
        switch self {
        case .openID, .okta, .auth0: break
        case .entra(let tenants): try tenants.check(claims, keyIssuer: keyIssuer)
        case .google(let accounts): try accounts.check(claims)
        case .cognito(let uses): try Self.checkUse(claims, uses)
        case .keycloak: try Self.expect(claims, "typ", oneOf: ["Bearer", "DPoP"])
        }
    }

    private var clientClaim: String {
        switch self {
        case .okta: "cid"
        case .entra, .auth0, .keycloak, .openID, .google: "azp"
        case .cognito: "client_id"
        }
    }

    private static func checkUse(_ claims: JSONObject, _ uses: [CognitoUse]) throws(IdentityError) {
        try expect(claims, "token_use", oneOf: uses.map(\.rawValue))
    }

    /// Checks that a claim is there and has one of the values.
    static func expect(_ claims: JSONObject, _ name: String, oneOf accepted: [String]) throws(IdentityError) {
        guard let value = claims[name] else { throw .claimNotAccepted(name: name, .missing) }
        guard let text = value.stringValue else { throw .claimNotAccepted(name: name, .wrongType) }
        guard accepted.contains(where: { $0.isSameBytes(as: text) }) else {
            throw .claimNotAccepted(name: name, .notAccepted)
        }
    }

    /// Whether a token is that of a client which acts for itself, rather than for a person.
    ///
    /// One without subject, or with the client as its own subject (RFC 9068, section 5), is; beyond that the providers
    /// have marks of their own. Names that people may choose are never such a mark by themselves.
    func isClient(subject: String?, client: String?, _ claims: JSONObject) -> Bool {
        guard let client, !client.isEmpty else { return false }
        guard let subject else { return true }
        if subject.isSameBytes(as: client) { return true }
        switch self {
        case .okta, .cognito: return false
        case .entra:
            // `idtyp` is optional; without it a token for no person is one without delegated scopes.
            guard let type = claims["idtyp"]?.stringValue else { return claims["scp"] == nil }
            return type == "app"
        case .google: return GoogleAccounts.isServiceAccount(claims)
        case .auth0: return claims["gty"]?.stringValue == "client-credentials"
        case .keycloak: return Self.isServiceAccount(client, claims)
        case .openID:
            if claims["idtyp"]?.stringValue == "app" { return true }
            return claims["gty"]?.stringValue == "client-credentials" || Self.isServiceAccount(client, claims)
        }
    }

    /// Keycloak's service accounts: the user name alone could be chosen by a person, the claim of the client's id could
    /// not, for the client's own session puts it there.
    private static func isServiceAccount(_ client: String, _ claims: JSONObject) -> Bool {
        guard let user = claims["preferred_username"]?.stringValue, user.utf8.starts(with: "service-account-".utf8)
        else {
            return false
        }
        guard let named = (claims["client_id"] ?? claims["clientId"])?.stringValue, named.isSameBytes(as: client) else {
            return false
        }
        return user == "service-account-\(client.lowercased())" || user == "service-account-\(client)"
    }
}

extension ProviderProfile {
    /// How claims become a principal when the configuration does not say otherwise.
    ///
    /// - Parameter audiences: The audiences of the provider, which name the API as Keycloak's client.
    /// - Returns: The provider's usual mapping.
    public func mapping(audiences: [String]) -> ClaimMapping {
        var mapping = ClaimMapping()
        switch self {
        case .openID: break
        case .okta:
            mapping.clientID = ["cid"]
            mapping.scopes = ["scp"]
        case .entra:
            mapping.subject = "oid"
            mapping.clientID = ["azp", "appid"]
            mapping.scopes = ["scp"]
        case .google:
            mapping.clientID = ["email"]
            mapping.scopes = []
            mapping.roles = []
        case .cognito:
            mapping.clientID = ["client_id"]
            mapping.groups = ["cognito:groups"]
            mapping.roles = []
        case .auth0:
            mapping.clientID = ["azp", "client_id"]
            mapping.scopes = ["scope"]
            mapping.types["permissions"] = .strings
        case .keycloak:
            mapping.clientID = ["azp"]
            mapping.roles =
                [ClaimPath("/realm_access/roles")]
                + audiences.map { ClaimPath("/resource_access/\(ClaimPath.escape($0))/roles") }
        }
        return mapping
    }
}
