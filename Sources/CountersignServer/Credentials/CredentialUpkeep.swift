// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import Logging
import ServiceLifecycle
import StrictJSON
import Synchronization

/// Keeps API keys and the deny list as their files say, and tells the audit log of every change.
///
/// Files are looked at four times a second, and at once when a command asks for it: a revocation is in force within a
/// second, whoever wrote it.
final class CredentialUpkeep: Service {
    /// How the deny list stands.
    struct Status: Sendable {
        /// Entries in force.
        var entries = 0
        /// The time from the newest change of the file to its being in force, in seconds.
        var lag = 0.0
        /// Whether a file could not be read, so that what was in force before still is.
        var isBroken = false
    }

    private struct State {
        /// As the files were when they were read; a file that was not there has none.
        var stamps: [String: FileStamp?] = [:]
        var status = Status()
    }

    private static let interval = Duration.milliseconds(250)
    private static let usesInterval = 40
    /// An hour's rounds; the first is one of them.
    private static let trimInterval = 14_400

    let revocations: Revocations
    let file: RevocationFile
    private let data: String
    private let journal: CredentialJournal
    private let providers: IdentityProviders
    private let tokens: VerifiedTokenCache
    private let audit: AuditTrail
    private let logger: Logger
    private let state = Mutex(State())
    /// One at a time takes over changes, so that who asked for it knows that it is done.
    private let turn = Turn()

    init(
        data: String, revocations: Revocations, providers: IdentityProviders, tokens: VerifiedTokenCache,
        audit: AuditTrail, logger: Logger
    ) {
        self.data = data
        self.revocations = revocations
        self.providers = providers
        self.tokens = tokens
        self.audit = audit
        self.logger = logger
        file = RevocationFile(data: data)
        journal = CredentialJournal(data: data)
    }

    var status: Status { state.withLock { $0.status } }

    /// Reads the deny list before anything is answered.
    func start() throws {
        _ = hasChanged("revocations", file.stamp)
        let entries = try file.read().revocations
        revocations.replace(RevocationList(entries))
        state.withLock { $0.status.entries = entries.count }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            var rounds = 0
            repeat {
                await refresh()
                rounds &+= 1
                if rounds.isMultiple(of: Self.usesInterval) { writeUses() }
                if rounds % Self.trimInterval == 1 { trim() }
            } while (try? await Task.sleep(for: Self.interval)) != nil
        }
        writeUses()
    }

    /// Takes entries off the deny list that ended long ago; what cannot be written now is tried again in an hour.
    private func trim() {
        do throws(CredentialFile.Failure) {
            if try file.trim(now: CredentialTime.now) {
                logger.notice("entries of the deny list that ended long ago are gone")
            }
        } catch {
            logger.warning("deny list not trimmed", metadata: ["error": "\(error)"])
        }
    }

    /// Takes over what has changed in the files, and tells the audit log.
    func refresh() async {
        await turn.take()
        defer { turn.give() }
        readRevocations()
        readKeys()
        await tell()
    }

    /// Whether a file is another one than when it was last looked at.
    private func hasChanged(_ name: String, _ stamp: FileStamp?) -> Bool {
        state.withLock { state in
            guard let before = state.stamps.updateValue(stamp, forKey: name) else { return true }
            return before != stamp
        }
    }

    private func readRevocations() {
        guard hasChanged("revocations", file.stamp) else { return }
        do {
            let entries = try file.read().revocations
            put(entries)
        } catch {
            state.withLock { $0.status.isBroken = true }
            logger.error("deny list not read; the one before stays in force", metadata: ["error": "\(error)"])
        }
    }

    /// Puts a list in force; what was cached under the one before is void.
    private func put(_ entries: [Revocation]) {
        revocations.replace(RevocationList(entries))
        let now = Int64(Date().timeIntervalSince1970)
        let list = revocations.current
        tokens.removeAll { list.covers($0.caller, now: now) }
        forgetAnswers()
        let attributes = try? FileManager.default.attributesOfItem(atPath: data + "/credentials/revocations.json")
        let changed = attributes?[.modificationDate] as? Date ?? Date()
        state.withLock { state in
            state.status.entries = entries.count
            state.status.isBroken = false
            state.status.lag = max(0, Date().timeIntervalSince(changed))
        }
        logger.notice("deny list in force", metadata: ["entries": "\(entries.count)"])
    }

    /// Has issuers asked again about every token.
    func forgetAnswers() { for provider in providers.introspection.values { provider.forgetAnswers() } }

    /// Drops verified tokens and what issuers said: by a clock that was set nothing may live longer (THREATS D4).
    ///
    /// What remembers used proofs and signatures stays: without it they could be used again.
    func dropCaches() {
        tokens.removeAll { _ in true }
        forgetAnswers()
        for provider in providers.aws { provider.forgetAnswers() }
    }

    private func readKeys() {
        for (name, path, provider) in providers.keyStores {
            let store = KeyStoreFile(path: path, name: "provider:\(name)", data: data)
            guard hasChanged("keys:\(path)", store.stamp) else { continue }
            do {
                provider.replace(try store.store())
            } catch {
                logger.error(
                    "API keys not read; those before stay in force",
                    metadata: ["provider": "\(name)", "error": "\(error)"])
            }
        }
    }

    private func tell() async {
        guard hasChanged("journal", journal.stamp) else { return }
        do {
            try await journal.tell { change in
                let isTold = await audit.note(change)
                // Another round tries again.
                if !isTold { state.withLock { _ = $0.stamps.removeValue(forKey: "journal") } }
                return isTold
            }
        } catch {
            logger.error("changes of credentials not told to the audit log", metadata: ["error": "\(error)"])
        }
    }

    /// Writes when keys were last used, for `keys list`; what a crash loses is a few seconds of that.
    private func writeUses() {
        for (_, path, provider) in providers.keyStores {
            guard let uses = provider.takeUses() else { continue }
            var object = JSONObject()
            for (id, second) in uses.sorted(by: { $0.key < $1.key }) { object[id] = .number(JSONNumber(second)) }
            let bytes = JSONValue.object(object).canonicalBytes()
            do throws(CredentialFile.Failure) {
                try CredentialFile(path: path + ".uses").edit { before throws(CredentialFile.Failure) in
                    var merged = before.flatMap { (try? JSONValue.parse($0))?.objectValue } ?? JSONObject()
                    for member in object.members { merged[member.key] = member.value }
                    return (before == nil ? bytes : JSONValue.object(merged).canonicalBytes(), ())
                }
            } catch {
                logger.warning("last uses of API keys not written", metadata: ["error": "\(error)"])
            }
        }
    }
}
