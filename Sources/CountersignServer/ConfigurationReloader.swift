// SPDX-License-Identifier: Apache-2.0

import Cedar
import DecisionEngine
import Foundation
import Gateways
import Identity
import Logging
import ServiceLifecycle
import Synchronization
import Transport
import UnixSignals

/// Reloads on SIGHUP, or when a file has changed: all or nothing.
final class ConfigurationReloader: Service {
    private let path: String
    private let overrides: [String: String]
    private let providers: IdentityProviders
    private let keys: ProviderUpkeep
    private let gate: CalloutGate
    private let audit: AuditTrail
    private let listeners: Listeners
    private let state: ServiceState
    private let logger: Logger
    /// What the process was started with: some of it stays in force until the next start.
    private let started: ServerConfiguration
    private let current: Mutex<(configuration: ServerConfiguration, files: PolicyFiles)>

    init(
        path: String, overrides: [String: String], providers: IdentityProviders, keys: ProviderUpkeep,
        gate: CalloutGate,
        audit: AuditTrail, listeners: Listeners, state: ServiceState,
        current: (configuration: ServerConfiguration, files: PolicyFiles), logger: Logger
    ) {
        self.path = path
        self.overrides = overrides
        self.providers = providers
        self.keys = keys
        self.gate = gate
        self.audit = audit
        self.listeners = listeners
        self.state = state
        self.logger = logger
        started = current.configuration
        self.current = Mutex(current)
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await withTaskGroup(of: Void.self) { group in
            let reasons = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
            group.addTask {
                for await _ in signals.cancelOnGracefulShutdown() { reasons.continuation.yield("SIGHUP") }
                reasons.continuation.finish()
            }
            group.addTask { await self.watch { reasons.continuation.yield("changed file") } }
            group.addTask { for await reason in reasons.stream { await self.reload(reason) } }
            await group.waitForAll()
        }
    }

    /// Looks at names, sizes and times of all files that were read, once a second.
    private func watch(_ onChange: @escaping @Sendable () -> Void) async {
        await cancelWhenGracefulShutdown {
            var seen = self.fingerprint()
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                let now = self.fingerprint()
                if now != seen { onChange() }
                seen = now
            }
        }
    }

    private func fingerprint() -> [String: FileStamp?] {
        let configuration = current.withLock { $0.configuration }
        let manager = FileManager.default
        let policies =
            (manager.enumerator(atPath: configuration.policies.directory)?.compactMap { $0 as? String } ?? [])
            .filter(PolicySource.isPolicyFile).map { "\(configuration.policies.directory)/\($0)" }
        let files = [path] + policies + configuration.policies.entities + configuration.secretFiles
        return Dictionary(files.map { ($0, FileStamp($0)) }) { first, _ in first }
    }

    private func reload(_ reason: String) async {
        let before = current.withLock { $0 }
        do {
            let (configuration, problems) = ServerConfiguration.read(path, overrides: overrides)
            guard let configuration else { throw Server.Rejection(problems) }
            let (files, fileProblems) = PolicyFiles.read(configuration)
            let (authenticator, keyProblems) = GatewayAuthenticator.read(configuration)
            guard let files, let authenticator else {
                throw Server.Rejection(keyProblems, ofPolicies: fileProblems)
            }
            let prepared = try providers.prepare(configuration)
            let transmitters = try state.sharedSignals?.prepare(configuration)
            let generation = try PolicyGeneration(configuration, files, providers: prepared.authenticators)
            let (serveCertificates, certificateProblems) = listeners.readCertificates(for: path)
            guard certificateProblems.isEmpty else { throw Server.Rejection(certificateProblems) }
            serveCertificates()
            for service in providers.activate(prepared) { keys.run(service) }
            if let transmitters {
                for service in state.sharedSignals?.activate(transmitters) ?? [] { keys.run(service) }
            }
            gate.activate(authenticator)
            state.decisionPoint.activate(generation)
            current.withLock { $0 = (configuration, files) }
            let waiting = started.keysNeedingRestart(for: configuration)
            await audit.activated(configuration, files, previous: before.files, started: started)
            state.noteReload(problem: nil, needingRestart: waiting)
            for key in waiting {
                logger.warning("a changed setting waits for a restart", metadata: ["key": "\(key)"])
            }
            for warning in files.warnings { logger.warning("policy", metadata: ["finding": "\(warning)"]) }
            logger.notice("reloaded", metadata: ["reason": "\(reason)", "policy_set": "\(files.digests.policySet)"])
        } catch {
            let rejection =
                (error as? Server.Rejection)
                ?? (error as? ProviderSecrets.Failure).map { Server.Rejection($0.problems) }
                ?? Server.Rejection([ConfigurationProblem(file: path, line: 0, path: "", message: "\(error)")])
            for problem in rejection.problems { logger.error("reload refused", metadata: ["problem": "\(problem)"]) }
            state.noteReload(problem: rejection.problems.first?.description ?? "")
            await audit.rejected(rejection, inForce: before.files)
        }
    }
}

extension ServerConfiguration {
    /// The files of certificates, their keys, and gateways' keys.
    fileprivate var secretFiles: [String] {
        let tls = [grpc, http, admin].compactMap { $0?.listener.tls }
        let keys = gateways.flatMap(\.keys).filter { $0.hasPrefix("file:") }
        let own = (providers.flatMap(\.secretReferences).map(\.reference) + transmitters.compactMap(\.authorization))
            .filter { $0.hasPrefix("file:") }
        return tls.flatMap { [$0.certificateChain, $0.privateKey] + ($0.clientCA.map { [$0] } ?? []) }
            + (keys + own).map { Self.resolve(String($0.dropFirst(5)), base) }
    }
}

extension Server {
    /// Why a reload was refused.
    struct Rejection: Error {
        /// Of the configuration, the keys and the certificates that it names.
        let ofConfiguration: [ConfigurationProblem]
        /// Of policies, entities and schema.
        let ofPolicies: [ConfigurationProblem]

        var problems: [ConfigurationProblem] { ofPolicies + ofConfiguration }

        init(_ ofConfiguration: [ConfigurationProblem], ofPolicies: [ConfigurationProblem] = []) {
            self.ofConfiguration = ofConfiguration
            self.ofPolicies = ofPolicies
        }
    }
}
