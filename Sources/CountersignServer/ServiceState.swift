// SPDX-License-Identifier: Apache-2.0

import AuditLog
import DecisionEngine
import Identity
import StrictJSON
import Synchronization
import Telemetry

/// How the service stands, for `/readyz`, `/status` and metrics.
final class ServiceState: Sendable {
    let audit: AuditTrail
    let providers: IdentityProviders
    let decisionPoint: PolicyDecisionPoint
    let verifier: TokenVerifier
    let registry: PrometheusRegistry
    /// API keys and revocations.
    let credentials: CredentialUpkeep?
    /// Security events that transmitters push.
    let sharedSignals: SharedSignals?
    private let hasDecided = Atomic<Bool>(false)
    private struct Reloads {
        var accepted = 0
        var rejected = 0
        var lastProblem: String?
        /// Keys of the configuration in the file that this process does not follow.
        var needingRestart: [String] = []
    }

    private let reloads = Mutex(Reloads())

    init(
        audit: AuditTrail, providers: IdentityProviders, decisionPoint: PolicyDecisionPoint, verifier: TokenVerifier,
        registry: PrometheusRegistry, credentials: CredentialUpkeep? = nil,
        sharedSignals: SharedSignals? = nil
    ) {
        self.audit = audit
        self.providers = providers
        self.decisionPoint = decisionPoint
        self.verifier = verifier
        self.registry = registry
        self.credentials = credentials
        self.sharedSignals = sharedSignals
    }

    func noteSelfDecision() { hasDecided.store(true, ordering: .relaxed) }

    /// Notes an accepted reload and the keys that wait for a restart, or why one was refused.
    func noteReload(problem: String?, needingRestart: [String] = []) {
        reloads.withLock { reloads in
            if problem == nil {
                reloads.accepted += 1
                reloads.needingRestart = needingRestart
            } else {
                reloads.rejected += 1
            }
            reloads.lastProblem = problem
        }
    }

    var reloadCounts: (accepted: Int, rejected: Int) { reloads.withLock { ($0.accepted, $0.rejected) } }

    /// What keeps the service from being ready; empty when it is.
    ///
    /// One issuer that is down must not take the others' callers with it: its keys count once they were loaded or could
    /// not be, as long as any provider has keys.
    var obstacles: [String] {
        var obstacles: [String] = []
        if let status = audit.log?.status, !status.isWritable { obstacles.append("audit log is not writable") }
        if !hasDecided.load(ordering: .relaxed) { obstacles.append("no decision of its own made yet") }
        let keys = providers.tokens.sorted { $0.key < $1.key }.map { ($0.key, $0.value.keys.status) }
        if !keys.isEmpty, !keys.contains(where: { $0.1.isReady }) { obstacles.append("no identity provider has keys") }
        for (name, status) in keys where !status.isReady && status.failure == nil {
            obstacles.append("keys of provider \(name) are not loaded yet")
        }
        return obstacles
    }

    /// The answer of `/status` and of `countersign status`.
    var json: [UInt8] {
        let digests = decisionPoint.current.digests
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.key("version")
        writer.string(CountersignVersion.text)
        writer.key("ready")
        writer.bool(obstacles.isEmpty)
        writer.key("obstacles")
        writer.value(.array(obstacles.map { .string($0) }))
        writer.key("policy_set")
        writer.string(digests.policySet)
        writer.key("entities")
        writer.string(digests.entities)
        writer.key("schema")
        writer.string(digests.schema)
        let reloads = reloads.withLock { $0 }
        writer.key("reloads")
        writer.beginObject()
        writer.key("accepted")
        writer.int(Int64(reloads.accepted))
        writer.key("rejected")
        writer.int(Int64(reloads.rejected))
        writer.key("needs_restart")
        writer.value(.array(reloads.needingRestart.map { .string($0) }))
        if let problem = reloads.lastProblem {
            writer.key("last_problem")
            writer.string(problem)
        }
        writer.endObject()
        writer.key("providers")
        writeProviders(to: &writer)
        if let status = audit.log?.status {
            writer.key("audit")
            writer.beginObject()
            writer.key("origin")
            writer.string(status.origin)
            writer.key("writable")
            writer.bool(status.isWritable)
            writer.key("durable_size")
            writer.int(Int64(clamping: status.durableSize))
            writer.key("checkpoint_size")
            writer.int(Int64(clamping: status.checkpointSize))
            writer.key("queued_records")
            writer.int(Int64(status.queuedRecords))
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }

    private func writeProviders(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, provider) in providers.tokens.sorted(by: { $0.key < $1.key }) {
            let status = provider.keys.status
            writer.key(any: name)
            writer.beginObject()
            writer.key("issuer")
            writer.string(provider.configuration.issuer)
            writer.key("keys")
            writer.int(Int64(status.keys))
            writer.key("ready")
            writer.bool(status.isReady)
            if let age = status.age {
                writer.key("age_s")
                writer.int(age)
            }
            if let failure = status.failure {
                writer.key("failure")
                writer.string("\(failure)")
            }
            writer.endObject()
        }
        writer.endObject()
    }
}
