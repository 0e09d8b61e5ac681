// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Identity
import StrictJSON

/// Puts revocations on the deny list, for the command line and for security events, and notes them for the audit log.
package struct RevocationDesk: Sendable {
    private let file: RevocationFile
    private let journal: CredentialJournal

    /// The desk of a data directory.
    package init(data: String) {
        file = RevocationFile(data: data)
        journal = CredentialJournal(data: data)
    }

    /// An entry's name: 128 random bits.
    package static func newID() -> String {
        SymmetricKey(size: .bits128).withUnsafeBytes { Base64URL.encode($0) }
    }

    /// Revokes.
    package func add(_ revocation: Revocation, now: Int64) throws(KeyStoreFile.Refused) {
        do throws(CredentialFile.Failure) {
            try file.edit(now: now) { content throws(CredentialFile.Failure) in
                content.revocations.append(revocation)
            }
            try journal.add(Self.change(revocation))
        } catch {
            throw KeyStoreFile.Refused(description: error.description)
        }
    }

    /// Takes an entry off the list; returns it, or `nil` if there is none of this name.
    package func lift(_ id: String, now: Int64) throws(KeyStoreFile.Refused) -> Revocation? {
        do throws(CredentialFile.Failure) {
            let lifted = try file.edit(now: now) { content throws(CredentialFile.Failure) -> Revocation? in
                guard let index = content.revocations.firstIndex(where: { $0.id == id }) else { return nil }
                return content.revocations.remove(at: index)
            }
            if let lifted { try journal.add(Self.change(lifted, isLifted: true)) }
            return lifted
        } catch {
            throw KeyStoreFile.Refused(description: error.description)
        }
    }

    /// The entries.
    package func list() throws -> [Revocation] { try file.revocations() }

    /// What the audit log says: which names were revoked is behind a hash, since a subject is personal.
    static func change(_ revocation: Revocation, isLifted: Bool = false) -> CredentialJournal.Change {
        var content = JSONObject()
        content["cause"] = .string(revocation.cause)
        content["id"] = .string(revocation.id)
        if let issuedBefore = revocation.issuedBefore { content["issued_before"] = .number(JSONNumber(issuedBefore)) }
        if !revocation.issuers.isEmpty { content["issuers"] = .array(revocation.issuers.map { .string($0) }) }
        content["kind"] = .string(revocation.kind.rawValue)
        if isLifted { content["lifted"] = true }
        content["source"] = .string(revocation.source)
        if let until = revocation.until { content["until"] = .number(JSONNumber(until)) }
        return CredentialJournal.Change(type: "credential.revoke", content: content)
    }
}
