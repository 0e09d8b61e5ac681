// SPDX-License-Identifier: Apache-2.0

import Identity
import Outbound
import Synchronization

/// The identity providers of the running service: one that does not change keeps its keys across reloads.
final class IdentityProviders: Sendable {
    private let fetcher: HTTPFetcher
    private let onEvent: @Sendable (String, KeySetEvent) -> Void
    private let running = Mutex<[String: TokenProvider]>([:])
    private let configured = Mutex<[String: ServerConfiguration.Provider]>([:])

    init(fetcher: HTTPFetcher, onEvent: @escaping @Sendable (String, KeySetEvent) -> Void) {
        self.fetcher = fetcher
        self.onEvent = onEvent
    }

    /// The providers in force.
    var current: [String: TokenProvider] { running.withLock { $0 } }

    /// Providers for a configuration, not in force yet; those that are configured as before are kept.
    func prepare(_ wanted: [ServerConfiguration.Provider]) throws(ProviderConfiguration.Problem) -> [String:
        TokenProvider]
    {
        let (before, known) = (configured.withLock { $0 }, current)
        var providers: [String: TokenProvider] = [:]
        for provider in wanted {
            let name = provider.configuration.name
            if let old = before[name], let token = known[name], old == provider {
                providers[name] = token
                continue
            }
            let onEvent = onEvent
            let keys = KeySetRefresher(
                issuer: provider.configuration.issuer, source: provider.source, settings: provider.refresh,
                fetcher: DocumentFetcher(fetcher.with(policy: Self.policy(provider))),
                onEvent: { onEvent(name, $0) }
            )
            providers[name] = try TokenProvider(provider.configuration, keys: keys)
        }
        return providers
    }

    /// Puts prepared providers in force; returns those that are new and whose keys must be kept fresh.
    func activate(_ next: [String: TokenProvider], _ wanted: [ServerConfiguration.Provider]) -> [TokenProvider] {
        let before = current
        running.withLock { $0 = next }
        configured.withLock { configured in
            configured = Dictionary(uniqueKeysWithValues: wanted.map { ($0.configuration.name, $0) })
        }
        return next.filter { name, provider in before[name] !== provider }.map(\.value)
    }

    /// What the outgoing client may reach: what the configured URL itself names, and public addresses over TLS.
    private static func policy(_ provider: ServerConfiguration.Provider) -> OutboundPolicy {
        var policy = OutboundPolicy()
        let address: String =
            switch provider.source {
            case .url(let url): url
            case .discovery: provider.configuration.issuer
            case .file: ""
            }
        if let url = try? OutboundURL(address), ServerConfiguration.isLoopback(url.host) {
            policy.allowsPlaintext = true
            policy.addressClasses = [.loopback]
        }
        if provider.allowsInsecure {
            policy.allowsPlaintext = true
            policy.addressClasses = [.global, .loopback, .private]
        }
        return policy
    }
}
