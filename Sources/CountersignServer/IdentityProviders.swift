// SPDX-License-Identifier: Apache-2.0

import Identity
import Outbound
import ServiceLifecycle
import Synchronization

/// The identity providers of the running service: one that does not change keeps its keys and caches across reloads.
final class IdentityProviders: Sendable {
    let fetcher: HTTPFetcher
    /// Names credentials in caches and records.
    let fingerprint: CredentialFingerprint
    private let onEvent: @Sendable (String, KeySetEvent) -> Void
    private let running = Mutex<[String: Authenticator]>([:])
    private let configured = Mutex<(providers: [String: ServerConfiguration.Provider], secrets: ProviderSecrets)>(
        ([:], ProviderSecrets()))

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
            case .introspection, .apiKeys, .certificates, .aws: nil
            }
        }
    }

    /// Those of them that ask STS about callers of AWS.
    var aws: [AWSCallerProvider] {
        current.values.compactMap { authenticator in
            switch authenticator {
            case .aws(let provider): provider
            case .tokens, .introspection, .apiKeys, .certificates: nil
            }
        }
    }

    /// Those of them that know API keys, and the files of the keys.
    var keyStores: [(name: String, path: String, provider: APIKeyProvider)] {
        let configured = configured.withLock { $0.providers }
        return current.compactMap { name, authenticator in
            guard case .apiKeys(let provider) = authenticator, case .apiKeys(let path)? = configured[name]?.kind else {
                return nil
            }
            return (name, path, provider)
        }
    }

    /// Those of them that ask issuers about tokens.
    var introspection: [String: IntrospectionProvider] {
        current.compactMapValues { authenticator in
            switch authenticator {
            case .tokens(let provider): provider.liveState
            case .introspection(let provider): provider
            case .apiKeys, .certificates, .aws: nil
            }
        }
    }

    /// Providers that are not in force yet.
    struct Prepared: Sendable {
        let authenticators: [String: Authenticator]
        fileprivate let configured: (providers: [String: ServerConfiguration.Provider], secrets: ProviderSecrets)
    }

    /// Providers for a configuration, not in force yet; those that are configured as before are kept.
    ///
    /// - Parameters:
    ///   - configuration: The configuration.
    ///   - names: The providers to prepare; `nil` for all.
    /// - Returns: The providers, to be put in force with ``activate(_:)``.
    /// - Throws: `ProviderSecrets.Failure` or ``Unusable`` if what is configured cannot be used.
    func prepare(_ configuration: ServerConfiguration, only names: Set<String>? = nil) throws -> Prepared {
        let secrets = try ProviderSecrets.read(configuration)
        let (before, known) = (configured.withLock { $0 }, current)
        var providers: [String: Authenticator] = [:]
        for provider in configuration.providers where names?.contains(provider.name) ?? true {
            if let old = before.providers[provider.name], let kept = known[provider.name], old == provider,
                secrets.areSame(as: before.secrets, for: provider.name)
            {
                providers[provider.name] = kept
            } else {
                providers[provider.name] = try authenticator(provider, secrets, replacing: known[provider.name])
            }
        }
        let byName = Dictionary(uniqueKeysWithValues: configuration.providers.map { ($0.name, $0) })
        return Prepared(authenticators: providers, configured: (byName, secrets))
    }

    private func authenticator(
        _ provider: ServerConfiguration.Provider, _ secrets: ProviderSecrets, replacing former: Authenticator?
    ) throws -> Authenticator {
        switch provider.kind {
        case .tokens(let settings): .tokens(try tokenProvider(settings, secrets))
        case .introspection(let wanted): .introspection(try introspection(wanted, secrets, makesCallers: true))
        case .apiKeys(let path): .apiKeys(try apiKeys(provider.name, path))
        case .certificates(let settings):
            .certificates(try CertificateCallerProvider(settings, fingerprint: fingerprint))
        case .aws(let settings):
            .aws(
                try AWSCallerProvider(
                    settings.callers, fingerprint: fingerprint,
                    fetcher: fetcher.with(policy: Self.policy(settings.callers.endpoint, settings.allowsInsecure)),
                    localKeys: try localKeys(provider.name, settings, secrets),
                    replacing: { if case .aws(let provider)? = former { provider } else { nil } }()))
        }
    }

    private func localKeys(
        _ name: String, _ settings: ServerConfiguration.Provider.AWSSettings, _ secrets: ProviderSecrets
    ) throws(Unusable) -> AWSLocalKeys? {
        guard settings.localKeys != nil, let secret = secrets.secret(name, "local_keys") else { return nil }
        do throws(AWSLocalKeys.LineProblem) {
            return try AWSLocalKeys(secret.withBytes { String(decoding: $0, as: UTF8.self) })
        } catch {
            throw Unusable(description: "providers.\(name).local_keys: line \(error.line): \(error.description)")
        }
    }

    private func apiKeys(_ name: String, _ path: String) throws(Unusable) -> APIKeyProvider {
        do {
            // Where the data directory is does not matter for reading.
            let store = try KeyStoreFile(path: path, name: "provider:\(name)", data: "").store()
            return APIKeyProvider(name: name, store: store, fingerprint: fingerprint)
        } catch let problem as APIKeyStore.LineProblem {
            throw Unusable(description: "\(path):\(problem.line): \(problem.description)")
        } catch {
            throw Unusable(description: "providers.\(name): \(error)")
        }
    }

    private func tokenProvider(
        _ settings: ServerConfiguration.Provider.TokenSettings, _ secrets: ProviderSecrets
    ) throws -> TokenProvider {
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
        let liveState = try settings.introspection.map { try introspection($0, secrets, makesCallers: false) }
        return try TokenProvider(settings.configuration, keys: keys, liveState: liveState)
    }

    /// Puts prepared providers in force; returns what those that are new do in the background.
    func activate(_ next: Prepared) -> [any Service] {
        let before = current
        running.withLock { $0 = next.authenticators }
        configured.withLock { $0 = next.configured }
        return next.authenticators.flatMap { name, authenticator -> [any Service] in
            if let old = before[name], old.isSame(as: authenticator) { return [] }
            switch authenticator {
            case .tokens(let provider): return [provider.keys] + (provider.liveState.map { [$0] } ?? [])
            case .introspection(let provider): return [provider]
            case .apiKeys, .certificates, .aws: return []
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
