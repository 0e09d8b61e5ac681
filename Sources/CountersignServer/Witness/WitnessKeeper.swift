// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Logging
import NIOCore
import NIOPosix
import Outbound
import ServiceLifecycle
import StrictJSON
import Synchronization

/// Has the checkpoints of the own log cosigned by its witnesses, again and again.
///
/// A witness that is missing is an alarm after a while, never an outage: records and verdicts do not wait for it.
final class WitnessKeeper: Service {
    /// How long one witness may take to answer.
    private static let deadline = Duration.seconds(3)

    private let configuration: WitnessConfiguration
    private let directory: String
    private let audit: AuditTrail
    private let fetcher: HTTPFetcher
    private let logger: Logger
    private let clock = ContinuousClock()
    /// What each witness cosigned last, by its name.
    private let known = Mutex<[String: UInt64]>([:])

    init?(_ configuration: ServerConfiguration, audit: AuditTrail, fetcher: HTTPFetcher, logger: Logger) {
        guard !configuration.witnesses.peers.isEmpty, let directory = audit.directory else { return nil }
        self.configuration = configuration.witnesses
        self.directory = directory
        self.audit = audit
        self.fetcher = fetcher
        self.logger = logger
        audit.witnesses.update { $0.isConfigured = true }
    }

    func run() async throws {
        audit.witnesses.cosignLast { self.collectAndWait() }
        await cancelWhenGracefulShutdown { [self] in
            while (try? await Task.sleep(for: configuration.interval)) != nil {
                guard let log = audit.log else { return }
                if log.status.checkpointSize > audit.witnesses.snapshot.size { await round(log) }
            }
        }
    }

    private func round(_ log: AuditLog) async {
        let (size, cosignatures) = await collect()
        log.add(cosignatures)
        await note(size: size, count: cosignatures.count)
    }

    /// For the last checkpoint, from the log's own thread.
    private func collectAndWait() -> [Cosignature] {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let result = try? loop.makeFutureWithTask { [self] in await collect() }.wait()
        if let result, result.cosignatures.count >= configuration.quorum {
            audit.witnesses.update { $0.size = max($0.size, result.size) }
        }
        return result?.cosignatures ?? []
    }

    /// Asks all witnesses side by side for cosignatures of the newest checkpoint.
    private func collect() async -> (size: UInt64, cosignatures: [Cosignature]) {
        guard let submission = try? WitnessSubmission(directory: directory) else { return (0, []) }
        let cosignatures = await withTaskGroup(of: Cosignature?.self) { group in
            for peer in configuration.peers { group.addTask { await self.ask(peer, submission) } }
            var all: [Cosignature] = []
            for await one in group { if let one { all.append(one) } }
            return all
        }
        return (submission.size, cosignatures)
    }

    private func ask(_ peer: WitnessConfiguration.Peer, _ submission: WitnessSubmission) async -> Cosignature? {
        var old = known.withLock { $0[peer.key.name] } ?? 0
        // The first answer may tell what the witness knows, the second takes the proof from there.
        for _ in 0..<3 {
            guard let response = await post(peer, submission, old: old) else { return nil }
            switch response.status {
            case 200:
                known.withLock { $0[peer.key.name] = submission.size }
                let cosignature = submission.cosignature(in: response.body, of: peer.key)
                if cosignature == nil { complain(peer, "its answer holds no valid cosignature of its key") }
                return cosignature
            case 409:
                let text = String(decoding: response.body, as: UTF8.self).trimmingSuffix(while: \.isNewline)
                guard let size = UInt64(text), size != old || size == 0 else {
                    complain(peer, "it cosigned another history of this log")
                    return nil
                }
                old = size
            default:
                complain(peer, "it answered with the status \(response.status)")
                return nil
            }
        }
        complain(peer, "it says something else each time about what it cosigned")
        return nil
    }

    private func post(
        _ peer: WitnessConfiguration.Peer, _ submission: WitnessSubmission, old: UInt64
    ) async -> OutboundResponse? {
        do {
            let body = try submission.body(old: old)
            let prefix = peer.url.hasSuffix("/") ? peer.url : peer.url + "/"
            var policy = fetcher.policy
            policy.deadline = Self.deadline
            policy.maximumBodyBytes = 64 << 10
            if peer.allowsInsecure {
                policy.allowsPlaintext = true
                policy.addressClasses = Set(AddressClass.allCases)
            }
            return try await fetcher.with(policy: policy).fetch(
                OutboundRequest(
                    .post, try OutboundURL(prefix + "add-checkpoint"),
                    headers: [("content-type", "text/plain; charset=utf-8")], body: body))
        } catch let error as AuditLogError {
            // The witness knows of more than this log has: somebody went back to an older state.
            logger.critical(
                "a witness knows of a longer log", metadata: ["witness": "\(peer.key.name)", "error": "\(error)"])
            return nil
        } catch {
            complain(peer, "\(error)")
            return nil
        }
    }

    private func complain(_ peer: WitnessConfiguration.Peer, _ problem: String) {
        logger.warning("witness did not cosign", metadata: ["witness": "\(peer.key.name)", "problem": "\(problem)"])
    }

    /// Notes how the round went; a change is recorded (and not each cosignature, which would feed itself).
    private func note(size: UInt64, count: Int) async {
        let now = clock.now
        let hadQuorum = audit.witnesses.snapshot.size > 0
        if count >= configuration.quorum, size > 0 {
            let wasLate = audit.witnesses.snapshot.isLate
            audit.witnesses.update { $0 = .init(isConfigured: true, size: size, waitingSince: nil, isLate: false) }
            if !hadQuorum || wasLate { await record(wasLate ? "recovered" : "quorum", size: size, count: count) }
            return
        }
        let since = audit.witnesses.snapshot.waitingSince ?? now
        audit.witnesses.update { $0.waitingSince = since }
        guard since.duration(to: now) >= configuration.maximumLag, !audit.witnesses.snapshot.isLate else { return }
        audit.witnesses.update { $0.isLate = true }
        logger.error(
            "the log is not witnessed",
            metadata: ["cosignatures": "\(count)", "quorum": "\(configuration.quorum)", "size": "\(size)"])
        await record("lag", size: size, count: count)
    }

    private func record(_ event: String, size: UInt64, count: Int) async {
        var content = JSONObject()
        content.append("cosignatures", .number(JSONNumber(Int64(count))))
        content.append("event", .string(event))
        content.append("quorum", .number(JSONNumber(Int64(configuration.quorum))))
        content.append("size", .number(JSONNumber(Int64(clamping: size))))
        await audit.write("log.witness", "witness", content)
    }
}

extension String {
    /// The text without the last characters that meet a condition.
    fileprivate func trimmingSuffix(while condition: (Character) -> Bool) -> String {
        var rest = self[...]
        while let last = rest.last, condition(last) { rest.removeLast() }
        return String(rest)
    }
}
