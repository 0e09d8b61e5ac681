// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// One configured issuer together with its keys.
///
/// Its identity is part of every cached verification: a provider whose configuration changes is made anew, and nothing
/// verified under the old one counts any more. One whose configuration is unchanged may be kept across reloads.
public final class TokenProvider: Sendable {
    /// The configuration.
    public let configuration: ProviderConfiguration
    /// The issuer's keys.
    public let keys: KeySetRefresher
    /// Whom to ask whether a verified token is still active, where a route wants to know; `nil` if nobody.
    public let liveState: IntrospectionProvider?
    let rules: TokenRules
    private let issuers: [String]

    /// Makes a provider of a configuration without ``ProviderConfiguration/problems``.
    ///
    /// - Throws: The first problem of the configuration.
    public init(
        _ configuration: ProviderConfiguration, keys: KeySetRefresher, liveState: IntrospectionProvider? = nil
    ) throws(ProviderConfiguration.Problem) {
        if let problem = configuration.problems.first { throw problem }
        self.configuration = configuration
        self.keys = keys
        self.liveState = liveState
        rules = configuration.rules
        issuers = configuration.issuers
    }

    /// Whether tokens of this issuer are the provider's.
    ///
    /// The configuration is not asked: a copy of it would cost dozens of reference counts per token.
    func accepts(issuer: String) -> Bool {
        for accepted in issuers where accepted.isSameBytes(as: issuer) { return true }
        return false
    }
}

/// The providers whose tokens one API accepts; no two have the same issuer.
///
/// A token's `iss` picks the provider. They are never tried one after another.
public struct ProviderSelection: Sendable {
    /// Two providers of one selection have the same issuer, so that `iss` could not pick one.
    public struct DuplicateIssuer: Error, Sendable, Hashable {
        /// The issuer that stands twice.
        public let issuer: String
    }

    /// The providers, in the order of the configuration.
    public let providers: [TokenProvider]

    /// Makes a selection.
    public init(_ providers: [TokenProvider]) throws(DuplicateIssuer) {
        for (index, provider) in providers.enumerated() {
            for issuer in provider.configuration.issuers
            where providers[..<index].contains(where: { $0.configuration.accepts(issuer: issuer) }) {
                throw DuplicateIssuer(issuer: issuer)
            }
        }
        self.providers = providers
    }

    /// The provider that accepts exactly this issuer.
    public func provider(issuer: String) -> TokenProvider? {
        for provider in providers where provider.accepts(issuer: issuer) { return provider }
        return nil
    }

    /// The provider of this name for its issuer; the name may be a template for several.
    func provider(named issuer: String) -> TokenProvider? {
        for provider in providers where provider.configuration.issuer.isSameBytes(as: issuer) { return provider }
        return nil
    }

    func contains(_ provider: TokenProvider) -> Bool {
        for candidate in providers where candidate === provider { return true }
        return false
    }

    /// The longest token that any of the providers accepts, in bytes.
    var maximumTokenBytes: Int {
        var longest = 512
        for provider in providers { longest = max(longest, provider.configuration.maximumTokenBytes) }
        return longest
    }
}
