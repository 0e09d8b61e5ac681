// SPDX-License-Identifier: Apache-2.0
import Crypto

/// API keys of gateways or callers, held as salted hashes only.
///
/// An entry is a line in one of two forms. ``APIKeyLine`` with a salted hash, as the command line makes them. Or a plain key of at least 16 characters, as an operator puts it in a
/// secret file: it is salted and hashed while it is read. Any number of entries is valid at once.
public struct APIKeyStore: Sendable {
    /// A key that was presented and is right.
    public struct Match: Sendable, Hashable {
        /// The name of the gateway or caller that the key belongs to.
        public let owner: String
        /// The public id; for plain keys the owner's name and the number of the line.
        public let id: String
        /// When the key's time is over, in Unix seconds; `nil` if never.
        public let expiresAt: Int64?
        /// The scopes that the key grants.
        public var scopes: [String] = []
        /// When the key was made, in Unix seconds; `nil` if unknown.
        public var createdAt: Int64?
        /// Whether the key has been revoked.
        var isRevoked = false
    }

    /// Why a line is not an entry; names its number, never its text.
    public struct LineProblem: Error, Sendable, Hashable, CustomStringConvertible {
        /// The owner whose line it is.
        public let owner: String
        /// The number of the line, from 1.
        public let line: Int
        /// What is wrong.
        public let description: String
    }

    private struct Entry: Sendable {
        let match: Match
        /// HMAC under the entry's salt, before any input: copying it is cheaper than keying it anew.
        let keyed: HMAC<SHA256>
        let hash: [UInt8]
    }

    private var byID: [String: Entry] = [:]
    private var plain: [Entry] = []
    private let plainKeyed = HMAC<SHA256>(key: SymmetricKey(size: .bits256))
    private let dummy: Entry

    /// Makes a store of lines, grouped by owner; where the owner is empty, each line names its own.
    ///
    /// Empty lines and lines that begin with `#` are skipped.
    ///
    /// - Throws: ``LineProblem`` with the first line that is neither form, or whose public id stands twice.
    public init(_ lines: [(owner: String, lines: [String])]) throws(LineProblem) {
        let nobody = Match(owner: "", id: "", expiresAt: nil)
        dummy = Entry(
            match: nobody, keyed: HMAC<SHA256>(key: SymmetricKey(size: .bits256)),
            hash: [UInt8](repeating: 0, count: 32))
        for (owner, lines) in lines {
            for (index, line) in lines.enumerated() { try add(line, owner, index + 1) }
        }
    }

    /// The number of keys.
    public var count: Int { byID.count + plain.count }

    private mutating func add(_ line: String, _ owner: String, _ number: Int) throws(LineProblem) {
        let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" }
        guard let first = words.first, first.utf8.first != UInt8(ascii: "#") else { return }
        func refuse(_ problem: String) -> LineProblem { LineProblem(owner: owner, line: number, description: problem) }
        if first.hasPrefix(APIKey.prefix), words.count >= 3 {
            let read: APIKeyLine
            do throws(APIKeyLine.Defect) { read = try APIKeyLine(words) } catch { throw refuse(error.description) }
            let id = read.publicID
            guard byID[id] == nil else { throw refuse("the public id `\(id)` stands twice") }
            var match = Match(
                owner: owner.isEmpty ? read.owner ?? "" : owner, id: APIKey.prefix + id, expiresAt: read.expiresAt,
                scopes: read.scopes, createdAt: read.createdAt)
            match.isRevoked = read.revokedAt != nil
            guard !match.owner.isEmpty else { throw refuse("`owner=` is missing") }
            byID[id] = Entry(match: match, keyed: HMAC<SHA256>(key: SymmetricKey(data: read.salt)), hash: read.hash)
            return
        }
        guard !owner.isEmpty else {
            throw refuse("only lines of the form `csk_<id> <salt> <hash> <expiry or -> owner=NAME` are accepted here")
        }
        guard words.count == 1, first.utf8.count >= 16 else {
            throw refuse("a plain key must be one word of at least 16 characters")
        }
        if let key = APIKey(String(first)) {
            let keyed = HMAC<SHA256>(key: SymmetricKey(size: .bits128))
            guard byID[key.publicID] == nil else { throw refuse("the public id `\(key.publicID)` stands twice") }
            let match = Match(owner: owner, id: APIKey.prefix + key.publicID, expiresAt: nil)
            byID[key.publicID] = Entry(match: match, keyed: keyed, hash: Self.hash(String(first), keyed))
            return
        }
        let match = Match(owner: owner, id: "\(owner)#\(number)", expiresAt: nil)
        plain.append(Entry(match: match, keyed: plainKeyed, hash: Self.hash(String(first), plainKeyed)))
    }

    /// Finds the key that was presented.
    ///
    /// Takes the same time for an unknown public id as for a wrong secret: a dummy is compared then.
    ///
    /// - Parameters:
    ///   - presented: The key as it was sent.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: The key's owner, public id and expiry.
    /// - Throws: ``IdentityError/apiKeyUnknown``, ``IdentityError/tokenRevoked`` if the key is right but revoked, or ``IdentityError/apiKeyExpired(id:expiredAt:)`` if the key is right
    ///   but its time is over.
    public func match(_ presented: String, now: Int64) throws(IdentityError) -> Match {
        guard presented.utf8.count <= 512 else { throw .apiKeyUnknown }
        var found: Match?
        if let key = APIKey(presented) {
            let entry = byID[key.publicID] ?? dummy
            let isRight = ConstantTime.areEqual(Self.hash(presented, entry.keyed), entry.hash)
            if isRight, !entry.match.id.isEmpty { found = entry.match }
        }
        if found == nil {
            let hash = Self.hash(presented, plainKeyed)
            for entry in plain where ConstantTime.areEqual(hash, entry.hash) { found = entry.match }
        }
        guard let found else { throw .apiKeyUnknown }
        guard !found.isRevoked else { throw .tokenRevoked }
        if let expiresAt = found.expiresAt, now >= expiresAt {
            throw .apiKeyExpired(id: found.id, expiredAt: expiresAt)
        }
        return found
    }

    static func hash(_ key: String, _ keyed: HMAC<SHA256>) -> [UInt8] {
        var code = keyed
        key.utf8Span.span.withUnsafeBytes { code.update(bufferPointer: $0) }
        return code.finalize().withUnsafeBytes { Array($0) }
    }
}
