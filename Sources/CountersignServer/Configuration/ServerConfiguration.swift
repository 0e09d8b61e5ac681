// SPDX-License-Identifier: Apache-2.0

import Callout
import AuditLog
import DecisionEngine
import Identity
import Transport

/// Everything that the configuration file says, read and checked.
package struct ServerConfiguration: Sendable {
    package struct Listener: Sendable {
        package enum WireProtocol: String, Sendable, CaseIterable {
            case apigee, health, reflection
            case decisions
            case sharedSignals = "shared_signals"
            case metrics
            case witness
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
        /// Where it hands over its clients' certificates, if it may.
        var certificateHeader: CertificateHeader
    }

    /// One entry of `providers`.
    struct Provider: Sendable, Hashable {
        /// What the entry's `type` makes of it; the set is closed.
        enum Kind: Sendable, Hashable {
            /// Issuers of JWTs: `oidc` and the providers by name.
            case tokens(TokenSettings)
            /// An issuer that is asked about tokens.
            case introspection(Introspection)
            /// API keys of callers, and the file that holds their hashes.
            case apiKeys(path: String)
            /// Client certificates.
            case certificates(CertificateCallerSettings)
            /// Principals of AWS IAM.
            case aws(AWSSettings)
        }

        /// Principals of AWS and how STS is reached.
        struct AWSSettings: Sendable, Hashable {
            var callers: AWSCallerSettings
            /// Whether STS may be asked over plain HTTP and at private addresses: for laptops and tests.
            var allowsInsecure: Bool
            /// A reference to access keys that are known here; `nil` if there are none.
            var localKeys: String?
        }

        /// An issuer of JWTs and its keys.
        struct TokenSettings: Sendable, Hashable {
            var configuration: ProviderConfiguration
            var source: KeySource
            var refresh: KeyRefreshSettings
            /// Whether keys may be fetched over plain HTTP and from private addresses: for laptops and tests.
            var allowsInsecure: Bool
            /// Whom to ask whether a verified token is still active.
            var introspection: Introspection?
        }

        /// Whom to ask about tokens, and how.
        struct Introspection: Sendable, Hashable {
            var settings: IntrospectionSettings
            /// How this service may ask.
            var credential: OwnCredential
            /// Where keys of signed answers come from; `nil` to take plain answers.
            var signingKeys: KeySource?
            var algorithms: [SignatureAlgorithm]
            var timeout: Duration
            var allowsInsecure: Bool
            /// A reference to certificates that are trusted instead of the system's.
            var trustRoots: String?
        }

        /// How this service proves itself to an issuer; secrets are references.
        struct OwnCredential: Sendable, Hashable {
            enum Method: String, Sendable, CaseIterable {
                case basic, post
                case assertion = "private_key_jwt"
                case certificate = "mtls"
                case bearer
            }

            var method: Method
            var clientID: String
            var secret: String?
            var key: String?
            var keyID: String?
            /// What assertions are signed with; `nil` for the usual algorithm of the key.
            var assertionAlgorithm: SignatureAlgorithm?
            var certificate: String?
            /// Whom assertions are meant for.
            var audience: String
            /// With `bearer`: where tokens of this service's own come from, how it proves itself there, and their scope.
            var tokenURL: String?
            var tokenMethod: Method?
            var scope: String?
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
            case .introspection, .apiKeys, .certificates, .aws: []
            }
        }

        /// Whether its callers present API keys.
        var hasKeys: Bool {
            switch kind {
            case .apiKeys: true
            case .tokens, .introspection, .certificates, .aws: false
            }
        }

        /// Whether it would be asked about opaque tokens.
        var readsOpaqueTokens: Bool {
            switch kind {
            case .tokens, .apiKeys, .certificates, .aws: false
            case .introspection: true
            }
        }

        /// Whether it can say if a token is active at the moment; callers without tokens have no such state.
        var hasLiveState: Bool {
            switch kind {
            case .tokens(let settings): settings.introspection != nil
            case .introspection, .apiKeys, .certificates, .aws: true
            }
        }

        /// Whom it asks about tokens, if it does.
        var introspection: Introspection? {
            switch kind {
            case .tokens(let settings): settings.introspection
            case .introspection(let introspection): introspection
            case .apiKeys, .certificates, .aws: nil
            }
        }

        /// What claims become, for the schema of policies.
        var mapping: ClaimMapping? {
            switch kind {
            case .tokens(let settings): settings.configuration.mapping
            case .introspection(let introspection): introspection.settings.mapping
            case .apiKeys: .apiKeys
            case .certificates: .certificates
            case .aws: .awsPrincipals
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

        /// What async mode does when the queue is full.
        enum WhenFull: String, Sendable, CaseIterable {
            case block, drop
        }

        var mode: Mode
        /// What async mode may lose.
        var early: (maximumDelay: Duration, maximumRecords: Int, whenFull: WhenFull)
        var origin: String
        /// The path of the log key.
        var key: String
        /// The path of the key that takes over with `audit rotate-key`.
        var nextKey: String?
        /// Where they stand, for problems found later.
        var lines: (origin: Int, key: Int, nextKey: Int)
        var retention: RetentionTerms
        /// Where the log is copied to, and how often.
        var archive: ArchiveConfiguration?
        var checkpointInterval: Duration
        var minimumFreeBytes: Int
        var segmentBytes: Int
        /// Whether the service keeps `index.sqlite` itself.
        var keepsIndex: Bool
        var witnesses: WitnessConfiguration
    }

    /// Who witnesses this log, and whose logs this process witnesses.
    var witnesses: WitnessConfiguration { audit.witnesses }

    /// The file as the operator named it.
    package var file: String
    /// SHA-256 of the file, as it was read.
    var digest: String
    /// Paths of keys whose values came from elsewhere: variables or arguments.
    var overridden: [String]
    /// The directory that relative paths are relative to.
    var base: String
    package var data: String
    var dataLine: Int
    var grpc: Listener?
    var http: Listener?
    var admin: Listener?
    var gateways: [Gateway]
    var providers: [Provider]
    /// Who may push security events.
    var transmitters: [Transmitter]
    var apis: [APIDefinition]
    var policies: Policies
    var audit: Audit
    /// How long a gateway that names no deadline is taken to wait.
    var defaultBudget: Duration
    var verifiedTokens: Int
    /// How old a proof of possession may be, in seconds.
    var proofAge: Int64
    /// How many used proofs are remembered.
    var rememberedProofs: Int
    /// The nonces that proofs must carry; `nil` if they need none.
    var proofNonces: ProofNonceTerms?
    /// Threads that serve connections; 0 for one per core.
    var eventLoops: Int
}
