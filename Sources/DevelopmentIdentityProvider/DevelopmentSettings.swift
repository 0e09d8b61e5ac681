// SPDX-License-Identifier: Apache-2.0
package import StrictJSON

/// Who the throw-away provider knows, and what its tokens say.
package struct DevelopmentSettings: Sendable {
    /// A program that gets tokens for itself or on behalf of users.
    package struct Client: Sendable {
        package var id: String
        /// `nil` for public clients, which must use PKCE.
        package var secret: String?
        /// The scopes it may ask for; all of them when it asks for none.
        package var scopes: [String]
        /// Claims added to tokens for the client itself.
        package var claims: JSONObject

        package init(id: String, secret: String?, scopes: [String] = [], claims: JSONObject = JSONObject()) {
            (self.id, self.secret, self.scopes, self.claims) = (id, secret, scopes, claims)
        }
    }

    /// A person who can log in.
    package struct User: Sendable {
        package var name: String
        package var password: String
        /// Claims added to the person's tokens.
        package var claims: JSONObject

        package init(name: String, password: String, claims: JSONObject = JSONObject()) {
            (self.name, self.password, self.claims) = (name, password, claims)
        }
    }

    /// The issuer: an `http` or `https` URL whose host is loopback.
    package var issuer: String
    /// `aud` of the tokens.
    package var audience: String
    /// How long tokens live, in seconds.
    package var lifetime: Int64
    /// Whether access tokens are random text that only introspection can read, rather than JWTs.
    package var opaqueTokens: Bool
    package var clients: [Client]
    package var users: [User]

    package init(
        issuer: String, audience: String, lifetime: Int64 = 600, opaqueTokens: Bool = false,
        clients: [Client] = [Client(id: "demo", secret: "demo-secret", scopes: ["orders.read", "orders.write"])],
        users: [User] = [User(name: "alice", password: "alice")]
    ) {
        self.issuer = issuer
        self.audience = audience
        self.lifetime = lifetime
        self.opaqueTokens = opaqueTokens
        self.clients = clients
        self.users = users
    }

    /// The issuer's path, which comes before every endpoint; empty for most issuers.
    var basePath: String {
        let rest = issuer.drop { $0 != "/" }.dropFirst(2).drop { $0 != "/" }
        return rest.hasSuffix("/") ? String(rest.dropLast()) : String(rest)
    }

    /// The issuer without a slash at its end.
    var baseURL: String { issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer }

    var isLoopback: Bool { Self.isLoopback(issuer) }

    /// Whether a URL's host is this machine by name or number.
    static func isLoopback(_ url: String) -> Bool {
        for scheme in ["http://", "https://"] where url.hasPrefix(scheme) {
            let authority = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            guard !authority.contains("@") else { return false }
            let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
            let octets = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
            let isNumber = octets.count == 4 && octets.allSatisfy { $0 != nil } && octets.first == 127
            return host == "localhost" || host == "[::1]" || isNumber
        }
        return false
    }
}
