// SPDX-License-Identifier: Apache-2.0
public import StrictJSON

/// One entry of the deny list: which credentials no longer count, from when, until when.
public struct Revocation: Sendable, Hashable {
    /// What the value names.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A subject (`sub`) of an issuer.
        case subject
        /// A client of an issuer, or the owner of API keys.
        case client
        /// A session (`sid`) of an issuer.
        case session
        /// A credential by its own name: `jti`, or the public id of an API key.
        case tokenID = "token_id"
        /// A credential by the SHA-256 of its bytes, in base64url.
        case token
        /// The subject with this `email`.
        case email
    }

    /// The entry's own name, 22 characters.
    public var id: String
    /// What the value names.
    public var kind: Kind
    /// The name.
    public var value: String
    /// The issuers or providers that the name belongs to; empty for any.
    public var issuers: [String]
    /// Only credentials that were issued at or before this second; `nil` for all, later ones too.
    public var issuedBefore: Int64?
    /// When the entry ends, in Unix seconds; `nil` if never.
    public var until: Int64?
    /// When it happened, in Unix seconds.
    public var at: Int64
    /// Who said so: `operator`, or `shared_signals:` and the transmitter's name.
    public var source: String
    /// Why, as the source says: `manual`, or the event's short name.
    public var cause: String

    /// Makes an entry.
    public init(
        id: String, kind: Kind, value: String, issuers: [String] = [], issuedBefore: Int64? = nil, until: Int64? = nil,
        at: Int64, source: String, cause: String
    ) {
        self.id = id
        self.kind = kind
        self.value = value
        self.issuers = issuers
        self.issuedBefore = issuedBefore
        self.until = until
        self.at = at
        self.source = source
        self.cause = cause
    }

    /// Whether the entry means a credential with these marks; its value has been compared.
    func covers(_ marks: RevocationMarks, provider: String, now: Int64) -> Bool {
        if let until, now >= until { return false }
        if !issuers.isEmpty,
            !issuers.contains(where: { $0.isSameBytes(as: marks.issuer) || $0.isSameBytes(as: provider) })
        {
            return false
        }
        // A credential that does not say when it was issued counts as old.
        guard let issuedBefore, let issuedAt = marks.issuedAt else { return true }
        return issuedAt <= issuedBefore
    }
}

extension Revocation {
    /// The entry as JSON, for the file that keeps it.
    public var json: JSONValue {
        var object = JSONObject()
        object["at"] = .number(JSONNumber(at))
        object["cause"] = .string(cause)
        object["id"] = .string(id)
        if let issuedBefore { object["issued_before"] = .number(JSONNumber(issuedBefore)) }
        if !issuers.isEmpty { object["issuers"] = .array(issuers.map { .string($0) }) }
        object["kind"] = .string(kind.rawValue)
        object["source"] = .string(source)
        if let until { object["until"] = .number(JSONNumber(until)) }
        object["value"] = .string(value)
        return .object(object)
    }

    /// Reads an entry; `nil` if it is not one.
    public init?(_ json: JSONValue) {
        guard let object = json.objectValue, let kind = object["kind"]?.stringValue.flatMap(Kind.init(rawValue:)),
            let value = object["value"]?.stringValue, !value.isEmpty, let id = object["id"]?.stringValue,
            let at = object["at"]?.int64Value, let source = object["source"]?.stringValue,
            let cause = object["cause"]?.stringValue
        else { return nil }
        for name in ["until", "issued_before"] where object[name] != nil && object[name]?.int64Value == nil {
            return nil
        }
        self.init(
            id: id, kind: kind, value: value, issuers: StatementRules.names(object["issuers"]),
            issuedBefore: object["issued_before"]?.int64Value, until: object["until"]?.int64Value, at: at,
            source: source, cause: cause)
    }
}
