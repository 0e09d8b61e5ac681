// SPDX-License-Identifier: Apache-2.0

/// An API: which requests belong to it, who may vouch for its callers, and its routes.
package struct APIDefinition: Sendable {
    package var name: String
    /// Names of gateways that may ask about it; empty for all.
    package var gateways: [String]
    /// Host names in canonical form, or `*.example.test`; empty for all.
    package var hosts: [String]
    /// Apigee API proxies; empty for all.
    package var proxies: [String]
    /// The path before every route's own; `/` for none.
    package var basePath: PathTemplate
    /// Names of identity providers, in no order: the token's issuer picks.
    package var providers: [String]
    /// Where a credential may stand, in order of preference.
    package var credentials: [CredentialSource]
    /// Whether credentials in several places at once are refused, rather than the first place preferred.
    ///
    /// True where the operator declared no order.
    package var refusesSeveralCredentials: Bool
    /// `https://host:port` as callers see it, where gateways do not say; for what is bound to a URL.
    package var externalOrigin: String?
    package var routes: [RouteDefinition]

    package init(
        name: String,
        gateways: [String] = [],
        hosts: [String] = [],
        proxies: [String] = [],
        basePath: PathTemplate,
        providers: [String],
        credentials: [CredentialSource] = [.authorization],
        refusesSeveralCredentials: Bool = false,
        externalOrigin: String? = nil,
        routes: [RouteDefinition]
    ) {
        self.name = name
        self.gateways = gateways
        self.hosts = hosts
        self.proxies = proxies
        self.basePath = basePath
        self.providers = providers
        self.credentials = credentials
        self.refusesSeveralCredentials = refusesSeveralCredentials
        self.externalOrigin = externalOrigin
        self.routes = routes
    }
}

/// Where a request may carry its credential.
package enum CredentialSource: Sendable, Hashable {
    /// `Authorization: Bearer …` (RFC 6750, section 2.1).
    case authorization
    /// A header that holds the bare token; its name in small letters.
    case header(String)
    /// A query parameter.
    case query(String)
    /// A cookie.
    case cookie(String)
}

/// A route: one or more methods on a path template, and what policies and the upstream see of it.
package struct RouteDefinition: Sendable {
    /// How a refusal is told to Apigee.
    package enum OnDeny: String, Sendable, Hashable, CaseIterable {
        /// As flow variables; the proxy's own RaiseFault acts on them.
        case variables
        /// As a fault that switches to the error flow.
        case fault
    }

    /// Unique over all APIs.
    package var name: String
    /// Methods in capitals; empty for all.
    package var methods: [String]
    /// Relative to the API's base path.
    package var path: PathTemplate
    /// The action that policies see; `nil` for the method.
    package var action: String?
    /// The entity that policies see as the resource; `nil` for the route itself.
    package var resource: ResourceTemplate?
    package var onDeny: OnDeny
    /// Headers that tell the upstream who is calling.
    package var identityHeaders: [IdentityHeader]
    /// Names, in small letters, of the request headers that policies see.
    package var contextHeaders: [String]
    /// Names of the caller's attributes that the gateway is told.
    package var attributes: [String]
    /// Whether a forbid that cannot be evaluated refuses the request (THREATS D1).
    package var deniesOnError: Bool
    /// Whether callers without any credential reach the policies as `Anonymous::"anonymous"`.
    package var allowsAnonymous: Bool
    /// Whether a token that was verified here must also be active by its issuer's word.
    package var wantsLiveState: Bool
    /// Whether an allow may leave before its record is durable, if the log runs in async mode (AUDIT, section 3).
    package var mayPrecedeSync: Bool

    package init(
        name: String,
        methods: [String],
        path: PathTemplate,
        action: String? = nil,
        resource: ResourceTemplate? = nil,
        onDeny: OnDeny = .variables,
        identityHeaders: [IdentityHeader] = [],
        contextHeaders: [String] = [],
        attributes: [String] = [],
        deniesOnError: Bool = false,
        allowsAnonymous: Bool = false,
        wantsLiveState: Bool = false,
        mayPrecedeSync: Bool = false
    ) {
        self.name = name
        self.methods = methods
        self.path = path
        self.action = action
        self.resource = resource
        self.onDeny = onDeny
        self.identityHeaders = identityHeaders
        self.contextHeaders = contextHeaders
        self.attributes = attributes
        self.deniesOnError = deniesOnError
        self.allowsAnonymous = allowsAnonymous
        self.wantsLiveState = wantsLiveState
        self.mayPrecedeSync = mayPrecedeSync
    }
}
