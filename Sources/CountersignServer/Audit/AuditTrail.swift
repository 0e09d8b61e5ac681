// SPDX-License-Identifier: Apache-2.0

import AuditLog
import AuditTools
import Cedar
import DecisionEngine
import Foundation
import Identity
import Logging
import StrictJSON
import Synchronization
import Transport

/// The audit log of the service with the administrative records that the server writes.
struct AuditTrail: Sendable {
    let recorder: DecisionRecorder
    /// Where policy sets, schemas and entities are kept; `nil` without a log.
    let sets: SetStore?
    /// The audit directory; `nil` without a log.
    let directory: String?
    /// The keys whose checkpoints the service itself believes.
    let verifierKeys: [VerifierKey]
    let logger: Logger
    /// How far the log is archived.
    let archive: ArchiveProgress
    /// How the witnessing of the log stands.
    let witnesses: WitnessStatus
    /// The keys of gateways as they were activated last.
    private let gatewayKeys = GatewayKeyLedger()
    /// Names of what does not answer now.
    private let downUpstreams = NameSet()
    /// Records of events that come from where nobody can wait.
    let background = BackgroundWork()

    var log: AuditLog? {
        switch recorder {
        case .log(let log): log
        case .off: nil
        }
    }

    /// Every full bundle below this index is in the archive.
    var archivedBelow: UInt64 { archive.below }

    /// Opens the log, or nothing if the configuration says `off`.
    static func open(_ configuration: ServerConfiguration, logger: Logger) throws -> AuditTrail {
        let settings = configuration.audit
        let progress = ArchiveProgress(data: configuration.data, target: settings.archive?.name)
        try FileManager.default.createDirectory(
            atPath: configuration.data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard settings.mode != .off else {
            return AuditTrail(
                recorder: .off, sets: nil, directory: nil, verifierKeys: [], logger: logger,
                archive: progress, witnesses: WitnessStatus())
        }
        let directory = configuration.data + "/audit"
        let key = try signingKey(settings, directory: directory, data: configuration.data)
        var audit = AuditLogConfiguration(directory: directory, origin: settings.origin, key: key)
        if let path = settings.nextKey, FileManager.default.fileExists(atPath: path) {
            audit.otherKeys = [try LogSigningKey.load(path: path, outside: configuration.data)]
        }
        audit.erase = IndexErasure(directory: directory, origin: settings.origin, logger: logger).erase
        let witnesses = WitnessStatus()
        audit.cosignLast = { witnesses.lastCosignatures() }
        if settings.mode == .async {
            audit.mode = .async(whenFull: settings.early.whenFull == .drop ? .drop : .block)
            audit.maximumDelay = settings.early.maximumDelay
            audit.maximumUnsyncedRecords = settings.early.maximumRecords
        }
        audit.checkpointInterval = settings.checkpointInterval
        audit.minimumFreeBytes = UInt64(settings.minimumFreeBytes)
        audit.segmentBytes = settings.segmentBytes
        audit.bootMembers.append("version", .string(CountersignVersion.text))
        audit.logger = logger
        return AuditTrail(
            recorder: .log(try AuditLog.open(audit)), sets: SetStore(directory: directory), directory: directory,
            verifierKeys: ([key] + audit.otherKeys).map(\.verifierKey), logger: logger,
            archive: progress, witnesses: witnesses)
    }

    /// The log key; drawn when neither it nor the log exists.
    private static func signingKey(
        _ settings: ServerConfiguration.Audit, directory: String, data: String
    ) throws -> LogSigningKey {
        let files = FileManager.default
        guard !files.fileExists(atPath: settings.key), !files.fileExists(atPath: directory + "/log.vkey") else {
            return try LogSigningKey.load(path: settings.key, outside: data)
        }
        let folder = URL(fileURLWithPath: settings.key).deletingLastPathComponent().path
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return try LogSigningKey.create(path: settings.key, origin: settings.origin, outside: data)
    }

    func close() async { await log?.close() }

    /// Records what is in force now, and which settings wait for a restart of a process that was started with others.
    func activated(
        _ configuration: ServerConfiguration, _ files: PolicyFiles, previous: PolicyFiles?,
        started: ServerConfiguration? = nil
    ) async {
        var policy = JSONObject()
        let change = PolicyChange(files: files, previous: previous)
        if let difference = change.difference { policy.append("diff", .object(difference)) }
        policy.append("entities", .string(files.digests.entities))
        policy.append("files", .array(files.files.map { .string($0) }))
        if let previous { policy.append("previous", .string(previous.digests.policySet)) }
        if let review = PolicyChange.review(in: configuration.policies.directory) {
            policy.append("review", .object(review))
        }
        policy.append("schema", .string(files.digests.schema))
        policy.append("set", .string(files.digests.policySet))
        var settings = JSONObject()
        // That strangers may ask is a choice to be seen (THREATS G1).
        let open = [("admin", configuration.admin), ("grpc", configuration.grpc), ("http", configuration.http)]
            .filter { $0.1?.allowsUnauthenticated == true }.map { JSONValue.string($0.0) }
        if !open.isEmpty { settings.append("allow_unauthenticated", .array(open)) }
        settings.append("apis", .array(configuration.apis.map { .string($0.name) }))
        if !configuration.asyncRoutes.isEmpty {
            settings.append("async_routes", .array(configuration.asyncRoutes.map { .string($0) }))
        }
        settings.append("digest", .string(configuration.digest))
        settings.append("file", .string(configuration.file))
        settings.append("gateways", .array(configuration.gateways.map { .string($0.name) }))
        settings.append("mode", .string((started ?? configuration).audit.mode.rawValue))
        if !configuration.overridden.isEmpty {
            settings.append("overridden", .array(configuration.overridden.map { .string($0) }))
        }
        let waiting = started?.keysNeedingRestart(for: configuration) ?? []
        if !waiting.isEmpty { settings.append("needs_restart", .array(waiting.map { .string($0) })) }
        settings.append("providers", .array(configuration.providers.map { .string($0.name) }))
        await write("config.activate", "config", settings)
        await noteCertificates(configuration)
        for change in gatewayKeys.changes(to: configuration) { await write(change.type, "credential", change.content) }
        guard previous?.digests != files.digests else { return }
        keep(files)
        await write("policy.activate", "policy", policy)
    }

    /// Records each certificate that listeners serve from now on.
    private func noteCertificates(_ configuration: ServerConfiguration) async {
        let listeners = [("admin", configuration.admin), ("grpc", configuration.grpc), ("http", configuration.http)]
        for (name, listener) in listeners {
            guard let path = listener?.listener.tls?.certificateChain,
                let data = FileManager.default.contents(atPath: path)
            else { continue }
            var content = ServedCertificate.description(of: Array(data))
            content["digest"] = .string(ContentDigest.text(of: Array(data)))
            content["file"] = .string(path)
            content["listener"] = .string(name)
            await write("cert.load", "cert", content)
        }
    }

    /// Records that something outside answers again, or no longer.
    func noteUpstream(_ name: String, isUp: Bool, problem: String? = nil) {
        let isNew = isUp ? downUpstreams.remove(name) : downUpstreams.insert(name)
        guard isNew else { return }
        var content = JSONObject()
        content.append("from", .string(isUp ? "down" : "up"))
        content.append("name", .string(name))
        if let problem { content.append("problem", .string(String(problem.prefix(300)))) }
        content.append("to", .string(isUp ? "up" : "down"))
        let upstream = content
        background.add { await write("upstream.state", "upstream", upstream) }
    }

    /// Keeps what decides from now on, so that its decisions can be explained and made again.
    private func keep(_ files: PolicyFiles) {
        guard let sets else { return }
        for (digest, bytes) in files.contents {
            do throws(AuditToolError) { try sets.keep(bytes, digest: digest) } catch {
                logger.error(
                    "policies could not be kept; their decisions cannot be made again",
                    metadata: ["digest": "\(digest)", "error": "\(error)"])
            }
        }
    }

    /// Records that a reload was refused; what was in force before stays.
    func rejected(_ rejection: Server.Rejection, inForce: PolicyFiles) async {
        for (type, name, problems) in [
            ("policy.reject", "policy", rejection.ofPolicies), ("config.reject", "config", rejection.ofConfiguration),
        ] where !problems.isEmpty {
            var content = JSONObject()
            content.append(
                "problems", .array(problems.prefix(20).map { .string(String($0.description.prefix(300))) }))
            content.append("set", .string(inForce.digests.policySet))
            await write(type, name, content)
        }
    }

    /// Records a change of an issuer's keys, and tells the operator of fetches that fail.
    func note(_ event: KeySetEvent, provider: String, logger: Logger) {
        switch event {
        case .changed(let issuer, let added, let removed):
            logger.info(
                "keys changed",
                metadata: ["provider": "\(provider)", "added": "\(added.count)", "removed": "\(removed.count)"])
            var keys = JSONObject()
            keys.append("added", .array(added.map { .string($0) }))
            keys.append("issuer", .string(issuer))
            keys.append("provider", .string(provider))
            keys.append("removed", .array(removed.map { .string($0) }))
            let content = keys
            background.add { await write("jwks.change", "jwks", content) }
        case .failed(_, let error, let age):
            noteUpstream("keys of \(provider)", isUp: false, problem: "\(error)")
            logger.warning(
                "keys could not be fetched",
                metadata: [
                    "provider": "\(provider)", "error": "\(error)",
                    "serving_age_s": "\(age.map(String.init) ?? "none")",
                ]
            )
        case .recovered:
            noteUpstream("keys of \(provider)", isUp: true)
            logger.info("keys are fetched again", metadata: ["provider": "\(provider)"])
        }
    }

    /// Records a change of a credential, and returns whether that is durable; without a log there is nothing to wait for.
    func note(_ change: CredentialJournal.Change) async -> Bool {
        guard let log else { return true }
        var members = JSONObject()
        members.append("credential", .object(change.content))
        return (try? await log.appendAdministrative(type: change.type, members: members)) != nil
    }

    func write(_ type: String, _ name: String, _ content: JSONObject) async {
        var members = JSONObject()
        members.append(name, .object(content))
        do {
            try await log?.appendAdministrative(type: type, members: members)
        } catch {
            // The log reports its own failures; the service turns unready by the log's status.
        }
    }
}

/// Names that are known, behind a lock.
private final class NameSet: Sendable {
    private let names = Mutex<Set<String>>([])

    func insert(_ name: String) -> Bool { names.withLock { $0.insert(name).inserted } }

    func remove(_ name: String) -> Bool { names.withLock { $0.remove(name) != nil } }
}
