// SPDX-License-Identifier: Apache-2.0

import Callout
import Crypto
import Foundation
import Identity
import Logging
import NIOCore
import Outbound
import ServiceLifecycle
import Synchronization

/// Takes security events that transmitters push (RFC 8935; OpenID Shared Signals, CAEP and RISC) and puts them in force.
///
/// An event is acknowledged once it stands on the deny list on stable storage and is in force; one that was taken before
/// is acknowledged again and changes nothing.
final class SharedSignals: Service {
    /// What the transmitter is told (RFC 8935, sections 2.2 to 2.4).
    struct Answer: Sendable, Hashable {
        var status: Int
        /// A registered error code; empty for an acknowledgement.
        var code = ""
        var text = ""

        static let accepted = Answer(status: 202)
    }

    private struct Job: Sendable {
        let body: [UInt8]
        let authorization: String?
        let answer: @Sendable (Answer) -> Void
    }

    fileprivate struct Known: Sendable {
        let transmitter: SecurityEventTransmitter
        /// What `Authorization` must hold; `nil` if the signature alone counts.
        let authorization: Secret?
        let settings: ServerConfiguration.Transmitter
    }

    private struct State {
        var known: [Known] = []
        /// Events by transmitter, name and outcome.
        var counts: [[String]: Int] = [:]
    }

    private let data: String
    private let file: RevocationFile
    private let journal: CredentialJournal
    private let upkeep: CredentialUpkeep
    private let fetcher: HTTPFetcher
    private let logger: Logger
    private let state = Mutex(State())
    private let jobs: AsyncStream<Job>
    private let queue: AsyncStream<Job>.Continuation

    init(data: String, upkeep: CredentialUpkeep, fetcher: HTTPFetcher, logger: Logger) {
        self.data = data
        self.upkeep = upkeep
        self.fetcher = fetcher
        self.logger = logger
        file = RevocationFile(data: data)
        journal = CredentialJournal(data: data)
        (jobs, queue) = AsyncStream.makeStream(of: Job.self, bufferingPolicy: .bufferingOldest(256))
    }

    /// Counts of events by transmitter, name and outcome.
    var counts: [[String]: Int] { state.withLock { $0.counts } }

    // MARK: Configuration

    /// Transmitters that are not in force yet, and what those that are new do in the background.
    struct Prepared: Sendable {
        fileprivate let known: [Known]
        let services: [any Service]
    }

    /// Prepares transmitters; one that is configured as before keeps its keys.
    func prepare(_ configuration: ServerConfiguration) throws(ProviderSecrets.Failure) -> Prepared {
        let before = state.withLock { $0.known }
        var (known, services, problems) = ([Known](), [any Service](), [ConfigurationProblem]())
        for wanted in configuration.transmitters {
            var secret: Secret?
            if let reference = wanted.authorization {
                do throws(SecretReference.Unresolved) {
                    let text = try SecretReference.text(reference, base: configuration.base)
                    secret = Secret(text.trimmingCharacters(in: .newlines).utf8)
                } catch {
                    problems.append(
                        ConfigurationProblem(
                            file: configuration.file, line: wanted.line,
                            path: "shared_signals.\(wanted.name).authorization", message: error.description))
                }
            }
            let old = before.first { $0.settings.hasSameKeys(as: wanted) }
            let keys = old?.transmitter.keys ?? keys(of: wanted)
            if old == nil { services.append(keys) }
            let about = wanted.providers + configuration.issuers(of: wanted.providers) + [wanted.issuer]
            let transmitter = SecurityEventTransmitter(
                name: wanted.name, keys: keys, audiences: wanted.audiences, algorithms: wanted.algorithms,
                maximumAge: wanted.maximumAge, issuers: about)
            known.append(Known(transmitter: transmitter, authorization: secret, settings: wanted))
        }
        guard problems.isEmpty else { throw ProviderSecrets.Failure(problems: problems) }
        return Prepared(known: known, services: services)
    }

    func activate(_ next: Prepared) -> [any Service] {
        state.withLock { $0.known = next.known }
        return next.services
    }

    private func keys(of wanted: ServerConfiguration.Transmitter) -> KeySetRefresher {
        let address: String =
            switch wanted.source {
            case .url(let url): url
            case .discovery: wanted.issuer
            case .file: ""
            }
        let policy = IdentityProviders.policy(address, wanted.allowsInsecure)
        return KeySetRefresher(
            issuer: wanted.issuer, source: wanted.source, fetcher: DocumentFetcher(fetcher.with(policy: policy)))
    }

    // MARK: Receiving

    /// Takes a pushed token and answers later, on no particular thread.
    func receive(_ body: [UInt8], authorization: String?, answer: @escaping @Sendable (Answer) -> Void) {
        switch queue.yield(Job(body: body, authorization: authorization, answer: answer)) {
        case .enqueued: break
        case .dropped, .terminated: answer(Answer(status: 503))
        @unknown default: answer(Answer(status: 503))
        }
    }

    func run() async throws {
        for await job in jobs.cancelOnGracefulShutdown() {
            job.answer(await take(job.body, job.authorization))
        }
    }

    private func take(_ body: [UInt8], _ authorization: String?) async -> Answer {
        let known: Known
        do throws(IdentityError) {
            let issuer = try SecurityEventTransmitter.issuer(of: body)
            guard let found = state.withLock({ $0.known.first { $0.settings.issuer.utf8.elementsEqual(issuer.utf8) } })
            else {
                note("", "", "unknown_issuer")
                return Answer(status: 400, code: "invalid_issuer", text: "the issuer is not a transmitter here")
            }
            known = found
        } catch {
            note("", "", "malformed")
            return Answer(status: 400, code: "invalid_request", text: "the body is not a security event token")
        }
        let name = known.transmitter.name
        if let expected = known.authorization, !expected.isEqual(to: Secret((authorization ?? "").utf8)) {
            note(name, "", "unauthenticated")
            return Answer(status: 401, code: "authentication_failed", text: "the authorization is not accepted")
        }
        do {
            let token = try await known.transmitter.verify(body, now: CredentialTime.now)
            return await put(token, known)
        } catch let error as IdentityError {
            logger.warning("security event refused", metadata: ["transmitter": "\(name)", "error": "\(error)"])
            note(name, "", "refused")
            return Self.answer(error)
        } catch {
            note(name, "", "refused")
            return Answer(status: 400, code: "invalid_request", text: "\(error)")
        }
    }

    private static func answer(_ error: IdentityError) -> Answer {
        let code = error.code
        if code == .idpUnavailable { return Answer(status: 503) }
        if code == .tokenAudience {
            return Answer(status: 400, code: "invalid_audience", text: "`aud` is not this receiver")
        }
        if code == .tokenIssuer {
            return Answer(status: 400, code: "invalid_issuer", text: "the issuer is not accepted")
        }
        if [.keyUnknown, .tokenSignature, .tokenAlgorithm].contains(code) {
            return Answer(
                status: 400, code: "invalid_key", text: "the signature does not verify with the transmitter's keys")
        }
        return Answer(status: 400, code: "invalid_request", text: "the token is not acceptable: \(code.rawValue)")
    }

    /// Puts a token's events in force; only then it is acknowledged.
    private func put(_ token: SecurityEventToken, _ known: Known) async -> Answer {
        let name = known.transmitter.name
        let now = CredentialTime.now
        let seen = RevocationFile.Seen(id: Self.id(of: token, known.settings.issuer), at: token.issuedAt)
        let changes: [CredentialJournal.Change]?
        do throws(CredentialFile.Failure) {
            changes = try file.edit(now: now) { content throws(CredentialFile.Failure) in
                Self.apply(
                    token, seen, to: &content, source: "shared_signals:\(name)", keptFor: known.settings.maximumAge, now
                )
            }
            for change in changes ?? [] { try journal.add(change) }
        } catch {
            logger.error("security event not kept", metadata: ["transmitter": "\(name)", "error": "\(error)"])
            note(name, "", "failed")
            return Answer(status: 503)
        }
        guard changes != nil else {
            note(name, "", "duplicate")
            return .accepted
        }
        await upkeep.refresh()
        upkeep.forgetAnswers()
        for event in token.events { note(name, event.name, event.action == .acknowledge ? "acknowledged" : "taken") }
        return .accepted
    }

    private static func id(of token: SecurityEventToken, _ issuer: String) -> String {
        var hash = SHA256()
        for text in [issuer, token.id] {
            let bytes = Array(text.utf8)
            hash.update(data: (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) })
            hash.update(data: bytes)
        }
        return Base64URL.encode(hash.finalize())
    }

    /// Changes the list as a token says; `nil` if it was taken before.
    private static func apply(
        _ token: SecurityEventToken, _ seen: RevocationFile.Seen, to content: inout RevocationFile.Content,
        source: String, keptFor age: Int64, _ now: Int64
    ) -> [CredentialJournal.Change]? {
        guard !content.seen.contains(where: { $0.id == seen.id }) else { return nil }
        // An older token is refused for its age, so it need not be remembered.
        let oldest = now.subtractingReportingOverflow(age + 120).partialValue
        content.seen.removeAll { $0.at < oldest }
        content.seen.append(seen)
        var changes: [CredentialJournal.Change] = []
        for event in token.events {
            switch event.action {
            case .acknowledge: break
            case .revoke(let revocations):
                for var entry in revocations {
                    entry.id = RevocationDesk.newID()
                    content.revocations.append(entry)
                    changes.append(RevocationDesk.change(entry))
                }
            case .enable(let kind, let value, let issuers, let at):
                let isLifted = { (entry: Revocation) in
                    entry.source == source && entry.cause == "account-disabled" && entry.kind == kind
                        && entry.value.utf8.elementsEqual(value.utf8) && entry.issuers == issuers && entry.at <= at
                }
                for entry in content.revocations where isLifted(entry) {
                    changes.append(RevocationDesk.change(entry, isLifted: true))
                }
                content.revocations.removeAll(where: isLifted)
            }
        }
        return changes
    }

    private func note(_ transmitter: String, _ event: String, _ outcome: String) {
        state.withLock { state in
            let key = [transmitter, event, outcome]
            // What transmitters call their events is theirs to choose: so many names are enough.
            if state.counts[key] == nil, state.counts.count >= 512 { return }
            state.counts[key, default: 0] += 1
        }
    }
}
