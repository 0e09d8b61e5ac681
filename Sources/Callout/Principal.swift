// SPDX-License-Identifier: Apache-2.0

public import StrictJSON

/// Who is calling, proven by a credential.
public final class Principal: Sendable, Hashable {
    /// What kind of caller it is; the raw value is the entity type that policies use.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A person, by an access token of an identity provider.
        case user = "User"
        /// A program with its own credentials.
        case client = "Client"
        /// A workload with a certificate.
        case workload = "Workload"
        /// A role or user of AWS IAM.
        case awsPrincipal = "AWSPrincipal"
        /// Nobody in particular, where a route lets callers in without a credential.
        case anonymous = "Anonymous"
    }

    /// What kind of caller it is.
    public let kind: Kind
    /// The configured name of the provider that vouches for the caller; empty for ``Kind/anonymous``.
    public let provider: String
    /// The identifier within the provider: `sub`, client id, SPIFFE id or ARN.
    public let id: String
    /// The issuer as the credential names it; empty if there is none.
    public let issuer: String
    /// Groups, from the mapped claims.
    public let groups: [String]
    /// Roles, from the mapped claims.
    public let roles: [String]
    /// OAuth scopes.
    public let scopes: [String]
    /// Further attributes, from the mapped claims.
    public let attributes: JSONObject
    /// The caller as policies and gateways see it: `User::"<provider>/<id>"`, made once.
    public let entityText: String

    /// Makes a principal.
    public init(
        kind: Kind,
        provider: String,
        id: String,
        issuer: String = "",
        groups: [String] = [],
        roles: [String] = [],
        scopes: [String] = [],
        attributes: JSONObject = JSONObject()
    ) {
        self.kind = kind
        self.provider = provider
        self.id = id
        self.issuer = issuer
        self.groups = groups
        self.roles = roles
        self.scopes = scopes
        self.attributes = attributes
        entityText = Self.entityText(kind, provider, id)
    }

    /// Compares everything that is known of the callers.
    public static func == (left: Principal, right: Principal) -> Bool {
        left.kind == right.kind && left.provider == right.provider && left.id == right.id
            && left.issuer == right.issuer && left.groups == right.groups && left.roles == right.roles
            && left.scopes == right.scopes && left.attributes == right.attributes
    }

    /// Hashes what identifies the caller.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(provider)
        hasher.combine(id)
    }

    /// The caller of a route that asks for no credential.
    public static let anonymous = Principal(kind: .anonymous, provider: "", id: "anonymous")

    /// The identifier that policies use: `<provider>/<id>`, or the id alone where there is no provider in it.
    public var entityID: String { Self.entityID(kind, provider, id) }

    private static func entityText(_ kind: Kind, _ provider: String, _ id: String) -> String {
        switch kind {
        case .user, .client: String(joining: [kind.rawValue, "::\"", provider, "/", id, "\""])
        case .workload, .awsPrincipal, .anonymous: String(joining: [kind.rawValue, "::\"", id, "\""])
        }
    }

    private static func entityID(_ kind: Kind, _ provider: String, _ id: String) -> String {
        switch kind {
        case .user, .client: String(joining: [provider, "/", id])
        case .workload, .awsPrincipal, .anonymous: id
        }
    }
}
