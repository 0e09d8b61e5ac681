// SPDX-License-Identifier: Apache-2.0

import Identity
import Telemetry

/// Metrics of identity providers, revocations and security events, read at the time of a scrape.
enum IdentityMetrics {
    /// One sentence for each metric.
    static let help: [String: String] = [
        "countersign_introspection_calls_total": "Questions to issuers about tokens, by what came of them.",
        "countersign_introspection_cache_hits_total": "Tokens about which an answer was at hand.",
        "countersign_introspection_overloads_total": "Tokens refused because too many waited for the issuer.",
        "countersign_introspection_underway": "Questions under way or waiting for their turn.",
        "countersign_provider_max_staleness_seconds":
            "Declared: for how long a change at the provider may go unnoticed, by what is kept.",
        "countersign_provider_staleness_seconds":
            "Measured: the age of the keys in use, and of the oldest answer used since the last scrape.",
        "countersign_api_keys": "API keys of a provider, revoked and expired ones included.",
        "countersign_revocations": "Entries of the deny list in force.",
        "countersign_revocations_readable": "1 while the deny list could be read when it last changed.",
        "countersign_revocations_refused_total": "Credentials refused because they were revoked.",
        "countersign_revocation_lag_seconds":
            "Measured: from the last change of the deny list to its being in force.",
        "countersign_security_events_total": "Security events by transmitter, name and what came of them.",
    ]

    static func collect(_ state: ServiceState, _ text: inout PrometheusText) {
        introspection(state, &text)
        staleness(state, &text)
        text.gauge(
            "countersign_api_keys",
            state.providers.keyStores.map { (labels: [("provider", $0.name)], value: Double($0.provider.count)) })
        revocations(state, &text)
    }

    private static func introspection(_ state: ServiceState, _ text: inout PrometheusText) {
        let providers = state.providers.introspection.sorted { $0.key < $1.key }
            .map { (name: $0.key, provider: $0.value, found: $0.value.statistics) }
        typealias Sample = (labels: [(String, String)], value: UInt64)
        let calls = providers.flatMap { provider -> [Sample] in
            let found = provider.found
            return [("active", found.active), ("failed", found.failures), ("refused", found.refused)].map {
                (labels: [("provider", provider.name), ("outcome", $0.0)], value: UInt64($0.1))
            }
        }
        text.counters("countersign_introspection_calls_total", calls)
        text.counters(
            "countersign_introspection_cache_hits_total",
            providers.map { (labels: [("provider", $0.name)], value: UInt64($0.found.hits)) })
        text.counters(
            "countersign_introspection_overloads_total",
            providers.map { (labels: [("provider", $0.name)], value: UInt64($0.found.overloads)) })
        let ages = providers.map { provider in
            (
                labels: [("provider", provider.name), ("of", "answers")],
                value: Double(provider.found.oldestServed) / 1000
            )
        }
        text.gauge(
            "countersign_introspection_underway",
            providers.map { (labels: [("provider", $0.name)], value: Double($0.found.underway)) })
        let keys = state.providers.tokens.sorted { $0.key < $1.key }.compactMap { name, provider in
            provider.keys.status.age.map { (labels: [("provider", name), ("of", "keys")], value: Double($0)) }
        }
        text.gauge("countersign_provider_staleness_seconds", keys + ages)
    }

    private static func staleness(_ state: ServiceState, _ text: inout PrometheusText) {
        let keys = state.providers.tokens.sorted { $0.key < $1.key }.map { name, provider in
            (labels: [("provider", name), ("of", "keys")], value: Double(provider.keys.maximumStale))
        }
        let answers = state.providers.introspection.sorted { $0.key < $1.key }.map { name, provider in
            (labels: [("provider", name), ("of", "answers")], value: Double(provider.settings.cache))
        }
        text.gauge("countersign_provider_max_staleness_seconds", keys + answers)
    }

    private static func revocations(_ state: ServiceState, _ text: inout PrometheusText) {
        guard let credentials = state.credentials else { return }
        let status = credentials.status
        text.gauge("countersign_revocations", [(labels: [], value: Double(status.entries))])
        text.gauge("countersign_revocations_readable", [(labels: [], value: status.isBroken ? 0 : 1)])
        text.counter("countersign_revocations_refused_total", UInt64(credentials.revocations.refusals))
        text.gauge("countersign_revocation_lag_seconds", [(labels: [], value: status.lag)])
        let counts = (state.sharedSignals?.counts ?? [:]).sorted { $0.key.lexicographicallyPrecedes($1.key) }
        text.counters(
            "countersign_security_events_total",
            counts.map { key, count in
                (labels: Array(zip(["transmitter", "event", "outcome"], key)), value: UInt64(count))
            })
    }
}
