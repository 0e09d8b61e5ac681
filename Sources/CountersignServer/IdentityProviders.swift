// SPDX-License-Identifier: Apache-2.0

import Identity
import Outbound
import ServiceLifecycle
import Synchronization

/// The identity providers of the running service: one that does not change keeps its keys and caches across reloads.
final class IdentityProviders: Sendable {
    private let fetcher: HTTPFetcher
    private let onEvent: @Sendable (String, KeySetEvent) -> Void
    private let fingerprint: CredentialFingerprint
    private let running = Mutex<[String: Authenticator]>([:])
    private let configured = Mutex<[String: ServerConfiguration.Provider]>([:])

    init(
        fetcher: HTTPFetcher, fingerprint: CredentialFingerprint,
        onEvent: @escaping @Sendable (String, KeySetEvent) -> Void
    ) {
        self.fetcher = fetcher
        self.fingerprint = fingerprint
        self.onEvent = onEvent
    }

    /// The providers in force.
    var current: [String: Authenticator] { running.withLock { $0 } }

    /// Those of them that issue JWTs.
    var tokens: [String: TokenProvider] {
        current.compactMapValues { authenticator in
            switch authenticator {
            case .tokens(let provider): provider
            case .certificates, .aws: nil
            }
        }
    }

    /// Providers for a configuration, not in force yet; those that are configured as before are kept.
    func prepare(_ wanted: [ServerConfiguration.Provider]) throws -> [String: Authenticator] {
        let (before, known) = (configured.withLock { $0 }, current)
        var providers: [String: Authenticator] = [:]
        for provider in wanted {
            if let old = before[provider.name], let kept = known[provider.name], old == provider {
                providers[provider.name] = kept
            } else {
                providers[provider.name] = try authenticator(provider)
            }
        }
        return providers
    }

    private func authenticator(_ provider: ServerConfiguration.Provider) throws -> Authenticator {
        switch provider.kind {
        case .tokens(let settings): .tokens(try tokenProvider(settings))
        case .certificates(let settings):
            .certificates(try CertificateCallerProvider(settings, fingerprint: fingerprint))
        case .aws(let settings):
            .aws(
                try AWSCallerProvider(
                    settings.callers, fingerprint: fingerprint,
                    fetcher: fetcher.with(policy: Self.policy(settings.callers.endpoint, settings.allowsInsecure))))
        }
    }

    private func tokenProvider(
        _ settings: ServerConfiguration.Provider.TokenSettings
    ) throws(ProviderConfiguration.Problem) -> TokenProvider {
        let (onEvent, name) = (onEvent, settings.configuration.name)
        let address: String =
            switch settings.source {
            case .url(let url): url
            case .discovery: settings.configuration.issuer
            case .file: ""
            }
        let keys = KeySetRefresher(
            issuer: settings.configuration.issuer, source: settings.source, settings: settings.refresh,
            fetcher: DocumentFetcher(fetcher.with(policy: Self.policy(address, settings.allowsInsecure))),
            onEvent: { onEvent(name, $0) }
        )
        return try TokenProvider(settings.configuration, keys: keys)
    }

    /// Puts prepared providers in force; returns what those that are new do in the background.
    func activate(_ next: [String: Authenticator], _ wanted: [ServerConfiguration.Provider]) -> [any Service] {
        let before = current
        running.withLock { $0 = next }
        configured.withLock { configured in
            configured = Dictionary(uniqueKeysWithValues: wanted.map { ($0.name, $0) })
        }
        return next.compactMap { name, authenticator in
            if let old = before[name], old.isSame(as: authenticator) { return nil }
            switch authenticator {
            case .tokens(let provider): return provider.keys
            case .certificates, .aws: return nil
            }
        }
    }

    /// What the outgoing client may reach: what a configured URL itself names, and public addresses over TLS.
    static func policy(_ address: String, _ allowsInsecure: Bool) -> OutboundPolicy {
        var policy = OutboundPolicy()
        if let url = try? OutboundURL(address), ServerConfiguration.isLoopback(url.host) {
            policy.allowsPlaintext = true
            policy.addressClasses = [.loopback]
        }
        if allowsInsecure {
            policy.allowsPlaintext = true
            policy.addressClasses = [.global, .loopback, .private]
        }
        return policy
    }
}
