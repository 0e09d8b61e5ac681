// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// The tenants of Microsoft Entra ID whose tokens are accepted; never all of them (THREATS I2).
public struct EntraTenants: Sendable, Hashable {
    /// The form of a token; the application's registration decides which one an API gets.
    public enum Version: String, Sendable, Hashable, CaseIterable {
        /// Issued by `sts.windows.net`, `ver` `1.0`.
        case v1
        /// Issued by `login.microsoftonline.com`, `ver` `2.0`.
        case v2
    }

    /// Why tenants cannot be used.
    public enum Problem: Error, Sendable, Hashable {
        /// There is none.
        case none
        /// One is not the id of a tenant in small letters; `common` and `organizations` would be everybody.
        case notAnID(String)
        /// There is no version.
        case noVersion
    }

    /// What stands for the tenant's id in templates.
    public static let placeholder = "{tenantid}"

    /// The ids, in small letters.
    public let tenants: [String]
    /// The forms accepted.
    public let versions: [Version]
    /// Where tokens come from: `https://login.microsoftonline.com` but for national clouds.
    public let authority: String
    /// Where tokens of version 1 come from: `https://sts.windows.net` but for national clouds.
    public let legacyAuthority: String

    /// Makes a list of tenants.
    ///
    /// - Throws: ``Problem`` if it would let in nobody, or everybody.
    public init(
        _ tenants: [String], versions: [Version] = Version.allCases,
        authority: String = "https://login.microsoftonline.com", legacyAuthority: String = "https://sts.windows.net"
    ) throws(Problem) {
        guard !tenants.isEmpty else { throw .none }
        guard !versions.isEmpty else { throw .noVersion }
        for tenant in tenants where !Self.isID(tenant) { throw .notAnID(tenant) }
        self.tenants = tenants
        self.versions = versions
        self.authority = authority
        self.legacyAuthority = legacyAuthority
    }

    /// A tenant's id: a UUID in small letters.
    static func isID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [8, 4, 4, 4, 12] else { return false }
        return parts.joined().allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }
    }

    /// The issuer as configuration and metrics name it: the tenant's own, or the template if there are several.
    public var issuer: String {
        issuer(of: tenants.count == 1 ? tenants[0] : Self.placeholder, versions.contains(.v2) ? .v2 : .v1)
    }

    /// Every `iss` that is accepted.
    public var issuers: [String] { tenants.flatMap { tenant in versions.map { issuer(of: tenant, $0) } } }

    /// Where the keys stand: the tenant's own, or those of all organizations if there are several.
    public var keysURL: String {
        "\(authority)/\(tenants.count == 1 ? tenants[0] : "organizations")/discovery/v2.0/keys"
    }

    private func issuer(of tenant: String, _ version: Version) -> String {
        switch version {
        case .v1: "\(legacyAuthority)/\(tenant)/"
        case .v2: "\(authority)/\(tenant)/v2.0"
        }
    }

    /// Checks that tenant, version and key belong together; the issuer itself has been checked.
    func check(_ claims: JSONObject, keyIssuer: String?) throws(IdentityError) {
        try ProviderProfile.expect(claims, "tid", oneOf: tenants)
        try ProviderProfile.expect(claims, "ver", oneOf: versions.map { $0 == .v1 ? "1.0" : "2.0" })
        // Users and applications both have one; without it a user's token would look like one of its application.
        guard claims["oid"]?.stringValue?.isEmpty == false else { throw .claimNotAccepted(name: "oid", .missing) }
        guard let tenant = claims["tid"]?.stringValue, let issuer = claims["iss"]?.stringValue else { return }
        let version: Version = claims["ver"]?.stringValue == "1.0" ? .v1 : .v2
        guard self.issuer(of: tenant, version).isSameBytes(as: issuer) else {
            throw .claimNotAccepted(name: "tid", .notAccepted)
        }
        // Keys of all organizations stand in one set; one that belongs to a tenant vouches for that tenant alone.
        guard let keyIssuer else { return }
        let owner = Self.fill(keyIssuer, tenant)
        guard Version.allCases.contains(where: { self.issuer(of: tenant, $0).isSameBytes(as: owner) }) else {
            throw .unknownKey(issuer: self.issuer, keyID: "of issuer " + String(keyIssuer.prefix(128)))
        }
    }

    private static func fill(_ template: String, _ tenant: String) -> String {
        guard let start = template.firstRange(of: placeholder) else { return template }
        return template.replacingCharacters(in: start, with: tenant)
    }
}

extension EntraTenants.Problem: CustomStringConvertible {
    /// What to change, in words.
    public var description: String {
        switch self {
        case .none: "must list at least one tenant; tokens of every tenant would be tokens of everybody"
        case .notAnID(let text):
            "`\(text)` is not the id of a tenant such as `72f988bf-86f1-41af-91ab-2d7cd011db47`, in small letters"
        case .noVersion: "must hold `v1`, `v2` or both"
        }
    }
}

extension String {
    fileprivate func firstRange(of needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }

    fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
