// SPDX-License-Identifier: Apache-2.0
public import StrictJSON

/// An issuer's public keys at one moment: immutable, parsed once (RFC 7517, section 5).
public struct KeySet: Sendable {
    /// An entry of the document that is not used.
    public struct Skipped: Sendable, Hashable {
        /// The entry's `kid`, if it has one that is a string.
        public let keyID: String?
        /// The entry's `kty`, if it has one that is a string.
        public let type: String?
        /// Why.
        public let defect: KeyDefect
    }

    /// Why a document is not a key set.
    public enum ParseError: Error, Sendable, Hashable {
        /// The bytes are not JSON.
        case json(JSONError)
        /// There is no array `keys`.
        case noKeys
        /// There are more entries than ``KeySet/maximumKeys``.
        case tooMany(count: Int)
        /// There are entries, but none can be used.
        case noneUsable
        /// Symmetric and asymmetric keys stand side by side, so that one might be taken for the other.
        case mixed
    }

    /// The most entries that a document may have.
    public static let maximumKeys = 256

    /// The keys that can verify signatures, in the order of the document.
    public let keys: [VerificationKey]
    /// The other entries.
    public let skipped: [Skipped]

    /// An empty set: no token verifies.
    public static let empty = KeySet(keys: [], skipped: [])

    init(keys: [VerificationKey], skipped: [Skipped]) {
        self.keys = keys
        self.skipped = skipped
    }

    /// Reads a JWKS document of at most 1 MiB.
    ///
    /// Entries that are broken, weak, private, for another use, or of unknown type are skipped and named in
    /// ``skipped``; the rest of the set is used. An empty array is a valid set: the issuer has withdrawn all keys.
    public init(parsing document: [UInt8]) throws(ParseError) {
        try self.init(parsing: document, allowsSymmetric: false)
    }

    init(parsing document: [UInt8], allowsSymmetric: Bool) throws(ParseError) {
        let value: JSONValue
        do { value = try JSONValue.parse(document, limits: JSONLimits(maximumBytes: 1 << 20, maximumDepth: 16)) } catch
        {
            throw .json(error)
        }
        try self.init(value, allowsSymmetric: allowsSymmetric)
    }

    init(_ value: JSONValue, allowsSymmetric: Bool) throws(ParseError) {
        guard let entries = value.objectValue?["keys"]?.arrayValue else { throw .noKeys }
        guard entries.count <= Self.maximumKeys else { throw .tooMany(count: entries.count) }
        var keys: [VerificationKey] = []
        var skipped: [Skipped] = []
        for entry in entries {
            let jwk = entry.objectValue ?? JSONObject()
            do {
                keys.append(try VerificationKey(jwk: jwk, allowsSymmetric: allowsSymmetric))
            } catch {
                skipped.append(Skipped(keyID: jwk["kid"]?.stringValue, type: jwk["kty"]?.stringValue, defect: error))
            }
        }
        guard !keys.isEmpty || entries.isEmpty || allowsSymmetric else { throw .noneUsable }
        let symmetric = keys.count { if case .symmetric = $0.material { true } else { false } }
        guard symmetric == 0 || symmetric == keys.count else { throw .mixed }
        self.init(keys: keys, skipped: skipped)
    }

    /// The one key for a token.
    ///
    /// With a `kid` it is the entry of exactly that name (of several, the one that fits); without one, exactly one key
    /// of the set may fit the algorithm.
    func key(for keyID: String?, _ algorithm: SignatureAlgorithm, issuer: String) throws(IdentityError)
        -> VerificationKey
    {
        var found: VerificationKey?
        for key in keys where key.fits(algorithm) {
            if let keyID {
                guard let name = key.keyID, name.isSameBytes(as: keyID) else { continue }
            }
            guard found == nil else { throw .ambiguousKey(issuer: issuer) }
            found = key
        }
        if let found {
            guard !hasBrokenTwin(found) else { throw .ambiguousKey(issuer: issuer) }
            return found
        }
        throw keyID.map { .unknownKey(issuer: issuer, keyID: $0) } ?? .ambiguousKey(issuer: issuer)
    }

    /// Whether a broken entry of the same type has the name of a key, so that nobody can tell which of the two was meant.
    private func hasBrokenTwin(_ key: VerificationKey) -> Bool {
        guard let name = key.keyID else { return false }
        return skipped.contains { entry in
            (entry.defect == .invalidNumbers || entry.defect == .form) && entry.keyID?.isSameBytes(as: name) == true
                && entry.type == key.material.type
        }
    }

    /// Whether both sets hold the same keys under the same names, in any order.
    func isSame(as other: KeySet) -> Bool {
        keys.count == other.keys.count && keys.allSatisfy { key in other.keys.contains { $0.isSame(as: key) } }
    }
}
