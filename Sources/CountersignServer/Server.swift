// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Callout
import DecisionEngine
import Foundation
import Gateways
import Identity
package import Logging
import NIOCore
import NIOPosix
import Outbound
import ServiceLifecycle
import StrictJSON
import Telemetry
import Transport
import UnixSignals

/// The running service: everything is built here, once, and handed on as values.
package struct Server: Sendable {
    /// Why the service did not start.
    package struct StartFailure: Error, CustomStringConvertible {
        /// Every problem, one a line.
        package let description: String

        init(_ problems: [ConfigurationProblem]) { description = problems.map(\.description).joined(separator: "\n") }
        init(_ text: String) { description = text }
    }

    private let configuration: ServerConfiguration
    private let overrides: [String: String]
    private let logger: Logger
    /// Told of each listener once it listens.
    private let announce: @Sendable (String) -> Void

    /// Reads the configuration.
    package init(
        path: String, overrides: [String: String], logger: Logger, announce: @escaping @Sendable (String) -> Void
    ) throws(StartFailure) {
        let (configuration, problems) = ServerConfiguration.read(path, overrides: overrides)
        guard let configuration else { throw StartFailure(problems) }
        self.configuration = configuration
        self.overrides = overrides
        self.logger = logger
        self.announce = announce
    }

    /// Serves until SIGTERM or SIGINT, then drains.
    package func run() async throws {
        let (files, problems) = PolicyFiles.read(configuration)
        let (authenticator, keyProblems) = GatewayAuthenticator.read(configuration)
        let startProblems = ArchiveBucket.problems(configuration) + configuration.startProblems()
        guard let files, let authenticator, startProblems.isEmpty else {
            throw StartFailure(problems + keyProblems + startProblems)
        }
        for warning in files.warnings { logger.warning("policy", metadata: ["finding": "\(warning)"]) }
        let loops = configuration.eventLoops > 0 ? configuration.eventLoops : ProcessorCount.usable
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let audit = try AuditTrail.open(configuration, logger: logger)
        do {
            try await serve(files, authenticator, audit, group)
            await audit.close()
        } catch {
            await audit.close()
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    private func serve(
        _ files: PolicyFiles, _ authenticator: GatewayAuthenticator, _ audit: AuditTrail, _ group: any EventLoopGroup
    ) async throws {
        let registry = PrometheusRegistry(
            help: DecisionMetrics.help.merging(ServerMetrics.help.merging(IdentityMetrics.help) { first, _ in first }) {
                first, _ in first
            })
        let fingerprint = CredentialFingerprint(key: try CredentialKey.load(configuration.data))
        let providers = IdentityProviders(
            fetcher: try HTTPFetcher(group: group), fingerprint: fingerprint
        ) { [logger] name, event in audit.note(event, provider: name, logger: logger) }
        let prepared = try Self.prepare(providers, configuration)
        let generation = try PolicyGeneration(configuration, files, providers: prepared.authenticators)
        let verifier = TokenVerifier(
            cache: VerifiedTokenCache(capacity: configuration.verifiedTokens),
            fingerprint: fingerprint
        )
        let revocations = Revocations()
        let credentials = CredentialUpkeep(
            data: configuration.data, revocations: revocations, providers: providers, tokens: verifier.cache,
            audit: audit, logger: logger)
        try credentials.start()
        let signals = SharedSignals(
            data: configuration.data, upkeep: credentials, fetcher: providers.fetcher, logger: logger)
        let transmitters = try Self.problems { () throws(ProviderSecrets.Failure) in try signals.prepare(configuration)
        }
        let nonces = try Self.problems { () throws(ProviderSecrets.Failure) in try configuration.nonces() }
        let decisionPoint = PolicyDecisionPoint(
            generation: generation,
            verifier: CallerVerifier(
                tokens: verifier,
                possession: PossessionVerifier(
                    proofs: ProofVerifier(maximumAge: configuration.proofAge), capacity: configuration.rememberedProofs,
                    nonces: nonces),
                revocations: revocations
            ), recorder: audit.recorder,
            metrics: DecisionMetrics(factory: registry), logger: logger
        )
        let gate = CalloutGate(
            authenticator: authenticator, decisionPoint: decisionPoint, defaultBudget: configuration.defaultBudget
        )
        let keys = ProviderUpkeep()
        for service in providers.activate(prepared) + signals.activate(transmitters) { keys.run(service) }
        let state = ServiceState(
            audit: audit, providers: providers, decisionPoint: decisionPoint, verifier: verifier, registry: registry,
            credentials: credentials, sharedSignals: signals
        )
        ServerMetrics.register(state, registry)
        await audit.activated(configuration, files, previous: nil)
        let witness = try WitnessService.open(configuration)
        let listeners = try await Listeners(
            configuration, gate: gate, state: state, group: group, registry: registry, witness: witness)
        for line in listeners.announcements { announce(line) }
        if let witness { announce("witness key \(witness.witness.verifierKey)") }
        let reloader = ConfigurationReloader(
            path: configuration.file, overrides: overrides, providers: providers, keys: keys, gate: gate, audit: audit,
            listeners: listeners, state: state, current: (configuration, files), logger: logger
        )
        let source = ConfigurationSource(path: configuration.file, overrides: overrides)
        let control = ControlSocket(data: configuration.data, group: group, logger: logger) {
            command, caller throws(ControlProblem) in
            try await command.perform(
                in: ControlContext(audit: audit, service: state, source: source, caller: caller))
        }
        let retention = RetentionKeeper(audit: audit, source: source, logger: logger)
        let indexing: [any Service] =
            configuration.audit.keepsIndex ? [IndexKeeping(audit, logger: logger)].compactMap { $0 } : []
        let witnesses = WitnessKeeper(
            configuration, audit: audit, fetcher: try HTTPFetcher(group: group), logger: logger)
        let archive = ArchiveKeeper(
            configuration, audit: audit, fetcher: try HTTPFetcher(group: group), logger: logger)
        let upkeep: [any Service] =
            [audit.background, keys, credentials, signals, control, retention, reloader]
            + [
                FingerprintKeeper(
                    data: configuration.data, fingerprint: fingerprint, audit: audit, logger: logger
                ) { credentials.dropCaches() }
            ]
            + [ClockWatch(audit: audit, logger: logger) { credentials.dropCaches() }] + indexing
        try await ServiceGroup(
            services: upkeep + ([witnesses, archive] as [(any Service)?]).compactMap { $0 } + listeners.services + [
                SelfDecision(decisionPoint, group.any(), state)
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
    }
}

extension Server {
    /// Tells problems with secrets like every other problem.
    static func problems<Value>(
        _ body: () throws(ProviderSecrets.Failure) -> Value
    ) throws(StartFailure) -> Value {
        do throws(ProviderSecrets.Failure) { return try body() } catch { throw StartFailure(error.problems) }
    }

    /// Prepares the identity providers; secrets that cannot be read are told like every other problem.
    static func prepare(
        _ providers: IdentityProviders, _ configuration: ServerConfiguration, only names: Set<String>? = nil
    ) throws -> IdentityProviders.Prepared {
        do {
            return try providers.prepare(configuration, only: names)
        } catch let failure as ProviderSecrets.Failure {
            throw StartFailure(failure.problems)
        } catch let failure as IdentityProviders.Unusable {
            throw StartFailure("\(configuration.file): \(failure)")
        }
    }
}

/// Runs what identity providers do in the background, such as keeping keys fresh, those that a reload adds included.
final class ProviderUpkeep: Service {
    private let added: AsyncStream<any Service>
    private let continuation: AsyncStream<any Service>.Continuation

    init() { (added, continuation) = AsyncStream.makeStream() }

    func run(_ service: any Service) { continuation.yield(service) }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for await service in added.cancelOnGracefulShutdown() {
                group.addTask { try await service.run() }
            }
            try await group.waitForAll()
        }
    }
}

/// One decision made by the service itself: readiness means that the whole line works, the record included.
struct SelfDecision: Service {
    private let decisionPoint: PolicyDecisionPoint
    private let eventLoop: any EventLoop
    private let state: ServiceState

    init(_ decisionPoint: PolicyDecisionPoint, _ eventLoop: any EventLoop, _ state: ServiceState) {
        (self.decisionPoint, self.eventLoop, self.state) = (decisionPoint, eventLoop, state)
    }

    func run() async throws {
        let gateway = GatewayIdentity(name: "countersign", peer: "self", authentication: .none, mayForward: false)
        var callout = CalloutRequest(dialect: .decisions, gateway: gateway)
        callout.method = "GET"
        callout.path = "/"
        let question = callout
        eventLoop.execute { [decisionPoint, eventLoop, state] in
            _ = decisionPoint.decide(question, CallTiming(receivedAt: .now(), deadline: nil), on: eventLoop) {
                verdict in
                if verdict.outcome != .error { state.noteSelfDecision() }
            }
        }
        try? await gracefulShutdown()
    }
}
