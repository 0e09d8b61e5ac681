// SPDX-License-Identifier: Apache-2.0

/// How one issuer is asked about tokens (RFC 7662).
public struct IntrospectionSettings: Sendable, Hashable {
    /// The longest that "active" may be kept: 60 s (THREATS I4).
    public static let longestCache: Int64 = 60

    /// The name in the configuration; part of every principal's entity id.
    public var name: String
    /// The endpoint.
    public var url: String
    /// The `iss` that answers must carry if they carry one; `nil` for any.
    public var issuer: String?
    /// The `aud` values of which answers must carry one; empty for any.
    public var audiences: [String]
    /// Scopes that answers must carry.
    public var requiredScopes: [String]
    /// How long "active" is kept, in seconds: 0 to 60, and never past the token's `exp`.
    public var cache: Int64
    /// How long "not active" is kept, in seconds: 0 to 30.
    public var negativeCache: Int64
    /// The most questions under way at once.
    public var concurrency: Int
    /// The most tokens that may wait for a question of their own; more are refused as overload.
    public var backlog: Int
    /// The clock difference to tolerate, in seconds: 0 to 60.
    public var clockSkew: Int64
    /// Whether HTTP Basic credentials are asked about too, as a token with the hint `basic`.
    public var acceptsBasic: Bool
    /// The longest token, in bytes.
    public var maximumTokenBytes: Int
    /// How answers become a principal.
    public var mapping: ClaimMapping

    /// Makes settings with the defaults of an issuer whose answers are taken as they are.
    public init(
        name: String, url: String, issuer: String? = nil, audiences: [String] = [], requiredScopes: [String] = [],
        cache: Int64 = 30, negativeCache: Int64 = 5, concurrency: Int = 32, backlog: Int = 4096, clockSkew: Int64 = 30,
        acceptsBasic: Bool = false, maximumTokenBytes: Int = 16 << 10, mapping: ClaimMapping = ClaimMapping()
    ) {
        self.name = name
        self.url = url
        self.issuer = issuer
        self.audiences = audiences
        self.requiredScopes = requiredScopes
        self.cache = min(max(cache, 0), Self.longestCache)
        self.negativeCache = min(max(negativeCache, 0), 30)
        self.concurrency = max(concurrency, 1)
        self.backlog = max(backlog, 1)
        self.clockSkew = min(max(clockSkew, 0), 60)
        self.acceptsBasic = acceptsBasic
        self.maximumTokenBytes = maximumTokenBytes
        self.mapping = mapping
    }

    /// What callers' credentials are called in errors and records: the issuer, or the name where none is configured.
    var label: String { issuer ?? name }
}
