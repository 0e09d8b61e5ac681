// SPDX-License-Identifier: Apache-2.0
import Crypto

/// One key of a store file, as salted hash with what is known of it.
///
/// Written as one line, `csk_<id> <salt> <hash> <expiry or -> name=value …`; salt and hash in base64url, times in Unix
/// seconds. Files of gateways and of callers have the same form.
public struct APIKeyLine: Sendable, Hashable {
    /// The public id, without its prefix.
    public var publicID: String
    var salt: [UInt8]
    var hash: [UInt8]
    /// When the key's time is over; `nil` if never.
    public var expiresAt: Int64?
    /// Whose key it is; `nil` if the file alone says that.
    public var owner: String?
    /// The scopes that the key grants.
    public var scopes: [String]
    /// When the key was made; `nil` if unknown.
    public var createdAt: Int64?
    /// When the key was revoked; `nil` if it was not.
    public var revokedAt: Int64?
    /// The public id of the key that replaces this one, without its prefix.
    public var replacedBy: String?

    /// What owners and scopes may consist of: no spaces, commas or `=`, at most 128 bytes.
    ///
    /// - Parameter word: The word.
    /// - Returns: Whether it is one.
    public static func isWord(_ word: String) -> Bool {
        !word.isEmpty && word.utf8.count <= 128
            && word.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: "+"):
                    true
                default: false
                }
            }
    }

    /// Salts and hashes a key.
    public init(
        _ key: APIKey, owner: String? = nil, scopes: [String] = [], createdAt: Int64? = nil, expiresAt: Int64? = nil
    ) {
        publicID = key.publicID
        let salt = SymmetricKey(size: .bits128)
        self.salt = salt.withUnsafeBytes { Array($0) }
        let text = key.secret.withBytes { String(decoding: $0, as: UTF8.self) }
        hash = APIKeyStore.hash(text, HMAC<SHA256>(key: salt))
        self.owner = owner
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    /// Why a line is not one.
    public struct Defect: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong; never the line itself.
        public let description: String
    }

    /// Reads a line; `nil` if it is none of this form.
    ///
    /// - Parameter text: The line, without its end.
    public init?(text: String) {
        let words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard let first = words.first, first.hasPrefix(APIKey.prefix), let line = try? APIKeyLine(words) else {
            return nil
        }
        self = line
    }

    /// Reads a line that begins with `csk_` and has at least three words.
    init(_ words: [Substring]) throws(Defect) {
        let form = Defect(description: "not of the form `csk_<id> <salt> <hash> [<expiry or -> [name=value ...]]`")
        guard words.count >= 3, words.count <= 12 else { throw form }
        publicID = String(words[0].dropFirst(APIKey.prefix.count))
        guard APIKey.isPublicID(publicID), let salt = Base64URL.decode(String(words[1])), salt.count == 16,
            let hash = Base64URL.decode(String(words[2])), hash.count == 32
        else { throw form }
        (self.salt, self.hash) = (salt, hash)
        scopes = []
        guard words.count > 3 else { return }
        if words[3] != "-" {
            guard let expiry = Int64(words[3]) else {
                throw Defect(description: "the expiry must be a number of seconds, or `-`")
            }
            expiresAt = expiry
        }
        for word in words[4...] { try read(word) }
    }

    private mutating func read(_ word: Substring) throws(Defect) {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw Defect(description: "`name=value` is expected after the expiry") }
        switch parts[0] {
        case "owner": owner = parts[1]
        case "scopes": scopes = parts[1].split(separator: ",").map(String.init)
        case "created": createdAt = try Self.time(parts)
        case "revoked": revokedAt = try Self.time(parts)
        case "replaced_by": replacedBy = parts[1]
        default:
            throw Defect(
                description: "known names are owner, scopes, created, revoked and replaced_by")
        }
        guard (owner.map(Self.isWord) ?? true) && scopes.allSatisfy(Self.isWord) else {
            throw Defect(description: "owner and scopes consist of letters, digits and `-._:/@+`")
        }
    }

    private static func time(_ parts: [String]) throws(Defect) -> Int64 {
        guard let time = Int64(parts[1]), time >= 0 else {
            throw Defect(description: "`\(parts[0])` must be a number of seconds")
        }
        return time
    }

    /// The line.
    public var text: String {
        var words = [
            APIKey.prefix + publicID, Base64URL.encode(salt), Base64URL.encode(hash), expiresAt.map(String.init) ?? "-",
        ]
        if let owner { words.append("owner=\(owner)") }
        if !scopes.isEmpty { words.append("scopes=\(scopes.joined(separator: ","))") }
        if let createdAt { words.append("created=\(createdAt)") }
        if let revokedAt { words.append("revoked=\(revokedAt)") }
        if let replacedBy { words.append("replaced_by=\(replacedBy)") }
        return words.joined(separator: " ")
    }
}
