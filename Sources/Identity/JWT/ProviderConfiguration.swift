// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// One issuer of JWT access tokens.
public struct ProviderConfiguration: Sendable, Hashable {
    /// Why a configuration cannot be used.
    public enum Problem: Error, Sendable, Hashable {
        /// The issuer is empty.
        case noIssuer
        /// There is no audience; a token for anybody must not be a token for us.
        case noAudience
        /// Tokens of the profile name no audience, and no client is listed in its place.
        case noClient
        /// There is no algorithm.
        case noAlgorithm
        /// A symmetric algorithm is listed.
        case symmetricAlgorithm(SignatureAlgorithm)
        /// The clock skew lies outside 0 to 60 seconds.
        case clockSkew
        /// The longest token lies outside 512 to 65,536 bytes.
        case maximumTokenBytes
    }

    /// The name in the configuration; part of every principal's entity id.
    public var name: String
    /// The issuer, as configuration, errors and metrics name it.
    public var issuer: String
    /// The `iss` values of which tokens must carry one, compared byte for byte; the issuer itself unless set.
    public var issuers: [String]
    /// The `aud` values of which tokens must carry one, compared byte for byte.
    public var audiences: [String]
    /// The algorithms that the issuer may use.
    public var algorithms: [SignatureAlgorithm]
    /// The clock difference to tolerate, in seconds: 0 to 60.
    public var clockSkew: Int64
    /// The `typ` values accepted, without `application/`; case does not count.
    public var tokenTypes: [String]
    /// Whether tokens without `typ` are refused.
    public var requiresTokenType: Bool
    /// Claims that must be there, besides `iss`, `aud` and `exp`.
    public var requiredClaims: [String]
    /// The longest token, in bytes: 512 to 65,536.
    public var maximumTokenBytes: Int
    /// How claims become a principal.
    public var mapping: ClaimMapping
    /// Where the provider's tokens differ from others.
    public var profile: ProviderProfile = .openID
    /// The clients of which tokens must name one; empty for any.
    public var clients: [String] = []
    /// Whether only tokens are accepted that are bound to a key or a certificate (RFC 9449, RFC 8705).
    public var requiresBinding = false

    /// Makes a configuration with the defaults of DESIGN: every asymmetric algorithm, 30 s of skew, 16 KiB.
    public init(
        name: String, issuer: String, audiences: [String],
        algorithms: [SignatureAlgorithm] = SignatureAlgorithm.asymmetric, clockSkew: Int64 = 30,
        tokenTypes: [String] = ["JWT", "at+jwt"], requiresTokenType: Bool = false, requiredClaims: [String] = [],
        maximumTokenBytes: Int = 16 << 10, mapping: ClaimMapping = ClaimMapping()
    ) {
        self.name = name
        self.issuer = issuer
        issuers = [issuer]
        self.audiences = audiences
        self.algorithms = algorithms
        self.clockSkew = clockSkew
        self.tokenTypes = tokenTypes
        self.requiresTokenType = requiresTokenType
        self.requiredClaims = requiredClaims
        self.maximumTokenBytes = maximumTokenBytes
        self.mapping = mapping
    }

    /// Everything that is wrong with the configuration; empty if it can be used.
    public var problems: [Problem] {
        var found: [Problem] = []
        if issuer.isEmpty || issuers.isEmpty || issuers.contains("") { found.append(.noIssuer) }
        if audiences.contains("") || (audiences.isEmpty && profile.requiresAudience) { found.append(.noAudience) }
        if clients.contains("") || (clients.isEmpty && !profile.requiresAudience) { found.append(.noClient) }
        if algorithms.isEmpty { found.append(.noAlgorithm) }
        found += algorithms.filter(\.isSymmetric).map { .symmetricAlgorithm($0) }
        if !(0...60).contains(clockSkew) { found.append(.clockSkew) }
        if !(512...65_536).contains(maximumTokenBytes) { found.append(.maximumTokenBytes) }
        return found
    }

    /// Whether tokens of this issuer are the provider's.
    public func accepts(issuer: String) -> Bool {
        for accepted in issuers where accepted.isSameBytes(as: issuer) { return true }
        return false
    }

    var rules: TokenRules {
        var rules = TokenRules(
            issuer: issuer, audiences: audiences, algorithms: algorithms.filter { !$0.isSymmetric },
            clockSkew: min(max(clockSkew, 0), 60), tokenTypes: tokenTypes, requiresTokenType: requiresTokenType,
            requiredClaims: requiredClaims)
        rules.issuers = issuers
        rules.profile = profile
        rules.clients = clients
        rules.clientPaths = mapping.clientID
        return rules
    }
}

extension ProviderConfiguration.Problem: CustomStringConvertible {
    /// What to change, in words.
    public var description: String {
        switch self {
        case .noIssuer: "`issuer` must not be empty"
        case .noAudience: "`audiences` must name at least one audience, none of them empty"
        case .noClient: "`clients` must name at least one client id, none of them empty"
        case .noAlgorithm: "`algorithms` must name at least one algorithm"
        case .symmetricAlgorithm(let algorithm):
            "`\(algorithm.rawValue)` is symmetric; accepted are "
                + SignatureAlgorithm.asymmetric.map(\.rawValue).joined(separator: ", ")
        case .clockSkew: "`clock_skew` must be between 0 s and 60 s"
        case .maximumTokenBytes: "the longest token must be between 512 and 65536 bytes"
        }
    }
}
