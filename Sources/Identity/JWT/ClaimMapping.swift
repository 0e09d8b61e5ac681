// SPDX-License-Identifier: Apache-2.0
public import Callout
public import StrictJSON

/// How a provider's claims become a principal.
public struct ClaimMapping: Sendable, Hashable {
    /// One attribute of the principal.
    public struct Attribute: Sendable, Hashable {
        /// The name that policies use.
        public var name: String
        /// Where the value stands in the claims.
        public var path: ClaimPath

        /// Makes an attribute; without a path it is the claim of the same name.
        public init(_ name: String, _ path: ClaimPath? = nil) {
            self.name = name
            self.path = path ?? ClaimPath(name)
        }
    }

    /// What an attribute's values are, for the schema of policies.
    public enum ClaimType: String, Sendable, Hashable, CaseIterable {
        /// A string.
        case string = "String"
        /// An integer.
        case long = "Long"
        /// A Boolean.
        case bool = "Bool"
        /// An array of strings.
        case strings = "Set<String>"
        /// An array of integers.
        case longs = "Set<Long>"
    }

    /// Where the identifier of a user stands.
    public var subject: ClaimPath
    /// Where the client's identifier may stand; the first that is there counts.
    public var clientID: [ClaimPath]
    /// Where groups stand; all that are there are joined.
    public var groups: [ClaimPath]
    /// Where roles stand; all that are there are joined.
    public var roles: [ClaimPath]
    /// Where scopes stand: a string with spaces, or an array of strings; all that are there are joined.
    public var scopes: [ClaimPath]
    /// Further attributes; if none is named, every claim is an attribute.
    public var attributes: [Attribute]
    /// The declared types of attributes, by name; policies that read others are not checked as far.
    public var types: [String: ClaimType] = [:]

    /// Makes a mapping; the defaults are those of RFC 9068 with the spellings of Okta and Entra ID added.
    public init(
        subject: ClaimPath = "sub", clientID: [ClaimPath] = ["client_id", "cid", "azp", "appid"],
        groups: [ClaimPath] = ["groups"], roles: [ClaimPath] = ["roles"], scopes: [ClaimPath] = ["scope", "scp"],
        attributes: [Attribute] = []
    ) {
        self.subject = subject
        self.clientID = clientID
        self.groups = groups
        self.roles = roles
        self.scopes = scopes
        self.attributes = attributes
    }

    /// Makes the principal of verified claims.
    ///
    /// A token of a client that acts for itself yields `Principal.Kind.client`: one without subject, with the client as
    /// its own subject (RFC 9068, section 5), or marked so by the issuer as the profile says.
    ///
    /// - Throws: ``IdentityError/claimNotAccepted(name:_:)`` if a mapped claim has the wrong type, if there is neither
    ///   subject nor client, or if the issuer left groups out for their number.
    public func principal(
        provider: String, issuer: String, claims: JSONObject, profile: ProviderProfile = .openID
    ) throws(IdentityError) -> Principal {
        try identity(provider: provider, issuer: issuer, claims: claims, profile: profile).principal
    }

    /// The principal of verified claims, and the client that they name, if any.
    func identity(
        provider: String, issuer: String, claims: JSONObject, profile: ProviderProfile
    ) throws(IdentityError) -> (principal: Principal, client: String?) {
        let subject = try string(self.subject, claims)
        var client: String?
        for path in clientID where client == nil { client = try string(path, claims) }
        let isClient = profile.isClient(subject: subject, client: client, claims)
        guard let id = isClient ? client : subject, !id.isEmpty else {
            throw .claimNotAccepted(name: self.subject.topLevelName, .missing)
        }
        var attributes = self.attributes.isEmpty ? claims : JSONObject()
        for attribute in self.attributes {
            if let value = attribute.path.value(in: claims) { attributes[attribute.name] = value }
        }
        let principal = Principal(
            kind: isClient ? .client : .user, provider: provider, id: id, issuer: issuer,
            groups: try list(groups, claims, splitting: false), roles: try list(roles, claims, splitting: false),
            scopes: try list(scopes, claims, splitting: true), attributes: attributes)
        return (principal, client)
    }

    /// The client that verified claims name, if any.
    func client(of claims: JSONObject) -> String? {
        for path in clientID { if let text = path.value(in: claims)?.stringValue { return text } }
        return nil
    }

    private func string(_ path: ClaimPath, _ claims: JSONObject) throws(IdentityError) -> String? {
        guard let value = path.value(in: claims) else { return nil }
        guard let text = value.stringValue else { throw .claimNotAccepted(name: path.topLevelName, .wrongType) }
        return text
    }

    private func list(
        _ paths: [ClaimPath], _ claims: JSONObject, splitting: Bool
    ) throws(IdentityError) -> [String] {
        var result: [String] = []
        for path in paths {
            switch path.value(in: claims) {
            case nil: try checkOverage(path, claims)
            case .string(let text):
                Self.add(splitting ? Self.words(of: text) : [text], to: &result)
            case .array(let values):
                var texts: [String] = []
                texts.reserveCapacity(values.count)
                for value in values {
                    guard case .string(let text) = value else {
                        throw .claimNotAccepted(name: path.topLevelName, .wrongType)
                    }
                    texts.append(text)
                }
                Self.add(texts, to: &result)
            case .null, .bool, .number, .object: throw .claimNotAccepted(name: path.topLevelName, .wrongType)
            }
        }
        return result
    }

    /// Adds texts that are not there yet; few are compared with one another, many go through a set.
    private static func add(_ texts: [String], to result: inout [String]) {
        guard result.count + texts.count > 32 else {
            result.reserveCapacity(result.count + texts.count)
            for text in texts where !result.contains(where: { $0.isSameBytes(as: text) }) { result.append(text) }
            return
        }
        var known = Set(result.map { Array($0.utf8) })
        for text in texts where known.insert(Array(text.utf8)).inserted { result.append(text) }
    }

    /// What stands between spaces; over bytes, since characters cost ten times as much.
    private static func words(of text: String) -> [String] {
        text.utf8Span.span.withUnsafeBytes { bytes in
            var words: [String] = []
            var start = 0
            words.reserveCapacity(4)
            while start < bytes.count {
                let end = bytes[start...].firstIndex(of: UInt8(ascii: " ")) ?? bytes.count
                if end > start { words.append(String(decoding: bytes[start..<end], as: UTF8.self)) }
                start = end + 1
            }
            return words
        }
    }

    /// Entra ID names claims that did not fit in `_claim_names` (OpenID Connect Core, section 5.6.2).
    private func checkOverage(_ path: ClaimPath, _ claims: JSONObject) throws(IdentityError) {
        let name = path.topLevelName
        let isElsewhere = claims["_claim_names"]?.objectValue?[name] != nil
        guard !isElsewhere, !(name == "groups" && claims["hasgroups"]?.boolValue == true) else {
            throw .claimNotAccepted(name: name, .overage)
        }
    }
}
