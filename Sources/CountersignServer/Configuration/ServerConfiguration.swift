// SPDX-License-Identifier: Apache-2.0

import DecisionEngine
import Identity
import Transport

/// Everything that the configuration file says, read and checked.
package struct ServerConfiguration: Sendable {
    package struct Listener: Sendable {
        package enum WireProtocol: String, Sendable, CaseIterable {
            case apigee, health, reflection
            case decisions
            case metrics
        }

        var listener: ListenerConfiguration
        var protocols: [WireProtocol]
        /// The line of the section, for problems found later.
        var line: Int
        /// Whether the operator says that the listener may answer strangers beyond loopback (THREATS G1).
        var allowsUnauthenticated: Bool
    }

    struct Gateway: Sendable {
        var name: String
        /// The line of the section, for problems with its keys.
        var line: Int
        /// References to files or variables that hold keys.
        var keys: [String]
        var subjects: [String]
        var mayForward: Bool
    }

    /// One entry of `providers`.
    struct Provider: Sendable, Hashable {
        /// What the entry's `type` makes of it; the set is closed.
        enum Kind: Sendable, Hashable {
            /// Issuers of JWTs: `oidc` and the providers by name.
            case tokens(TokenSettings)
        }

        /// An issuer of JWTs and its keys.
        struct TokenSettings: Sendable, Hashable {
            var configuration: ProviderConfiguration
            var source: KeySource
            var refresh: KeyRefreshSettings
            /// Whether keys may be fetched over plain HTTP and from private addresses: for laptops and tests.
            var allowsInsecure: Bool
        }

        var name: String
        /// The line of the entry, for problems found later.
        var line: Int
        var kind: Kind

        /// Two entries that mean the same, wherever they stand in the file.
        static func == (left: Self, right: Self) -> Bool { left.name == right.name && left.kind == right.kind }

        func hash(into hasher: inout Hasher) {
            hasher.combine(name)
            hasher.combine(kind)
        }

        /// The values of `iss` that pick the provider.
        var issuers: [String] {
            switch kind {
            case .tokens(let settings): settings.configuration.issuers
            }
        }

        /// What claims become, for the schema of policies.
        var mapping: ClaimMapping? {
            switch kind {
            case .tokens(let settings): settings.configuration.mapping
            }
        }
    }

    struct Policies: Sendable {
        /// A schema file; `nil` for the one that is generated from this configuration.
        var schema: String?
        var directory: String
        var entities: [String]
    }

    struct Audit: Sendable {
        enum Mode: String, Sendable, CaseIterable {
            case strict, async, off
        }

        var mode: Mode
        var origin: String
        /// The path of the log key.
        var key: String
        var checkpointInterval: Duration
        var minimumFreeBytes: Int
        var segmentBytes: Int
        /// Whether the service keeps `index.sqlite` itself.
        var keepsIndex: Bool
    }

    /// The file as the operator named it.
    package var file: String
    /// The directory that relative paths are relative to.
    var base: String
    package var data: String
    var grpc: Listener?
    var http: Listener?
    var admin: Listener?
    var gateways: [Gateway]
    var providers: [Provider]
    var apis: [APIDefinition]
    var policies: Policies
    var audit: Audit
    /// How long a gateway that names no deadline is taken to wait.
    var defaultBudget: Duration
    var verifiedTokens: Int
    /// Threads that serve connections; 0 for one per core.
    var eventLoops: Int
}
