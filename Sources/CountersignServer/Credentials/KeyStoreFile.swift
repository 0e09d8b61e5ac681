// SPDX-License-Identifier: Apache-2.0

package import Identity
import StrictJSON

/// A file of API keys as the command line changes it: lines that are no keys of ours stay as they are.
package struct KeyStoreFile: Sendable {
    /// Why a change was not made.
    package struct Refused: Error, CustomStringConvertible {
        package let description: String
    }

    /// A key that was made, to be shown once.
    package struct Made: Sendable {
        package let key: APIKey
        package let line: APIKeyLine
    }

    private let file: CredentialFile
    private let journal: CredentialJournal
    /// Whose file it is, as records name it: `provider:NAME` or `gateway:NAME`.
    private let name: String

    /// The file of a provider or a gateway.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - name: `provider:NAME` or `gateway:NAME`.
    ///   - data: The data directory, where changes are noted for the audit log.
    package init(path: String, name: String, data: String) {
        file = CredentialFile(path: path)
        journal = CredentialJournal(data: data)
        self.name = name
    }

    /// The store that the file holds; empty if there is no file.
    func store() throws -> APIKeyStore {
        let text = String(decoding: try file.read() ?? [], as: UTF8.self)
        return try APIKeyStore([("", text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))])
    }

    var stamp: FileStamp? { FileStamp(file.path) }

    /// The keys of the file.
    package func keys() throws(Refused) -> [APIKeyLine] {
        do throws(CredentialFile.Failure) {
            return Self.keys(try file.read() ?? [])
        } catch {
            throw Refused(description: error.description)
        }
    }

    private static func keys(_ bytes: [UInt8]) -> [APIKeyLine] { lines(bytes).compactMap { APIKeyLine(text: $0) } }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        var lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// Makes a key.
    package func create(
        owner: String?, scopes: [String], expiresAt: Int64?, now: Int64
    ) throws(Refused) -> Made {
        for word in scopes + (owner.map { [$0] } ?? []) where !APIKeyLine.isWord(word) {
            throw Refused(description: "`\(word)` must consist of letters, digits and `-._:/@+`")
        }
        let key = APIKey()
        let line = APIKeyLine(key, owner: owner, scopes: scopes, createdAt: now, expiresAt: expiresAt)
        try edit { lines throws(Refused) in lines.append(line.text) }
        try note("credential.rotate", line, members: ["new": .string(APIKey.prefix + key.publicID)])
        return Made(key: key, line: line)
    }

    /// When the time of a key is over that takes another's place.
    package enum Expiry: Sendable, Hashable {
        /// After as long as the other was given; never, if that has no end.
        case sameLifetime
        case never
        /// Unix seconds.
        case at(Int64)

        fileprivate func moment(replacing old: APIKeyLine, now: Int64) -> Int64? {
            switch self {
            case .never: return nil
            case .at(let moment): return moment
            case .sameLifetime:
                guard let end = old.expiresAt else { return nil }
                // Nobody knows how long a key without its beginning was meant to live: its end is kept.
                guard let start = old.createdAt else { return end }
                let (lifetime, isBeyond) = end.subtractingReportingOverflow(start)
                let (moment, overflows) = now.addingReportingOverflow(lifetime)
                return isBeyond || overflows ? end : moment
            }
        }
    }

    /// Makes a key in the place of another, which stays valid for a while.
    package func rotate(
        _ id: String, overlap: Int64, expiry: Expiry = .sameLifetime, now: Int64
    ) throws(Refused) -> Made {
        let key = APIKey()
        let until = now.addingReportingOverflow(overlap).partialValue
        let line = try change(id) { old throws(Refused) in
            guard old.revokedAt == nil else {
                throw Refused(description: "`\(id)` has been revoked; create a key instead")
            }
            let expiresAt = expiry.moment(replacing: old, now: now)
            old.expiresAt = min(old.expiresAt ?? until, until)
            old.replacedBy = key.publicID
            return APIKeyLine(key, owner: old.owner, scopes: old.scopes, createdAt: now, expiresAt: expiresAt)
        }
        try note(
            "credential.rotate", line,
            members: [
                "new": .string(APIKey.prefix + key.publicID), "old": .string(APIKey.prefix + Self.bare(id)),
                "overlap_s": .number(JSONNumber(overlap)),
            ])
        return Made(key: key, line: line)
    }

    /// Revokes a key.
    package func revoke(_ id: String, now: Int64) throws(Refused) {
        var revoked: APIKeyLine?
        _ = try change(id) { old throws(Refused) in
            guard old.revokedAt == nil else { throw Refused(description: "`\(id)` has been revoked before") }
            old.revokedAt = now
            revoked = old
            return nil
        }
        guard let revoked else { return }
        try note("credential.revoke", revoked, members: ["old": .string(APIKey.prefix + revoked.publicID)])
    }

    private static func bare(_ id: String) -> String {
        id.hasPrefix(APIKey.prefix) ? String(id.dropFirst(APIKey.prefix.count)) : id
    }

    /// Changes one key's line; returns the line that was added, or the changed one.
    private func change(
        _ id: String, _ change: (inout APIKeyLine) throws(Refused) -> APIKeyLine?
    ) throws(Refused) -> APIKeyLine {
        try edit { lines throws(Refused) in
            for (index, text) in lines.enumerated() {
                guard var key = APIKeyLine(text: text), key.publicID == Self.bare(id) else { continue }
                let added = try change(&key)
                lines[index] = key.text
                if let added { lines.append(added.text) }
                return added ?? key
            }
            throw Refused(description: "`\(id)` is not a key of this file; `keys list` shows them")
        }
    }

    private func edit<Value>(_ change: (inout [String]) throws(Refused) -> Value) throws(Refused) -> Value {
        let result: Result<Value, Refused>
        do throws(CredentialFile.Failure) {
            result = try file.edit { before throws(CredentialFile.Failure) in
                var lines = Self.lines(before ?? [])
                do throws(Refused) {
                    let value = try change(&lines)
                    return (Array((lines.joined(separator: "\n") + "\n").utf8), .success(value))
                } catch {
                    return (nil, .failure(error))
                }
            }
        } catch {
            throw Refused(description: error.description)
        }
        return try result.get()
    }

    private func note(_ type: String, _ line: APIKeyLine, members: [String: JSONValue]) throws(Refused) {
        var content = JSONObject()
        content["cause"] = "manual"
        content["kind"] = "api_key"
        content["store"] = .string(name)
        if let owner = line.owner { content["owner"] = .string(owner) }
        for (name, value) in members { content[name] = value }
        do throws(CredentialFile.Failure) {
            try journal.add(CredentialJournal.Change(type: type, content: content))
        } catch {
            throw Refused(description: "the change is made, but cannot be noted for the audit log: \(error)")
        }
    }
}
