// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// The Google accounts whose ID tokens are accepted; never all of them (THREATS I2).
public struct GoogleAccounts: Sendable, Hashable {
    /// Why accounts cannot be used.
    public enum Problem: Error, Sendable, Hashable {
        /// Nothing is listed.
        case none
        /// An entry for service accounts is neither an address nor `*@` and a domain of service accounts.
        case notAServiceAccount(String)
    }

    /// Every `iss` that Google writes.
    public static let issuers = ["https://accounts.google.com", "accounts.google.com"]
    private static let serviceDomain = ".gserviceaccount.com"

    /// Domains of Workspace or Cloud Identity (`hd`), in small letters.
    public let hostedDomains: [String]
    /// Addresses of service accounts, or `*@project.iam.gserviceaccount.com` for all of a project.
    public let serviceAccounts: [String]

    /// Makes a list of accounts.
    ///
    /// - Throws: ``Problem`` if it would let in nobody, or everybody.
    public init(hostedDomains: [String] = [], serviceAccounts: [String] = []) throws(Problem) {
        guard !(hostedDomains.isEmpty && serviceAccounts.isEmpty) else { throw .none }
        for account in serviceAccounts {
            let parts = account.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[1].hasSuffix(Self.serviceDomain),
                parts[0] == "*" || !parts[0].contains("*")
            else { throw .notAServiceAccount(account) }
        }
        self.hostedDomains = hostedDomains
        self.serviceAccounts = serviceAccounts
    }

    /// Whether a token is that of a service account: a verified address in Google's own domain.
    static func isServiceAccount(_ claims: JSONObject) -> Bool {
        guard claims["email_verified"]?.boolValue == true, let email = claims["email"]?.stringValue else {
            return false
        }
        return email.hasSuffix(serviceDomain)
    }

    /// Checks that the account is one of those listed.
    func check(_ claims: JSONObject) throws(IdentityError) {
        if Self.isServiceAccount(claims), let email = claims["email"]?.stringValue {
            guard serviceAccounts.contains(where: { Self.matches($0, email) }) else {
                throw .claimNotAccepted(name: "email", .notAccepted)
            }
            return
        }
        // The domain of an address is no membership: only `hd` says that the organization manages the account.
        guard let domain = claims["hd"]?.stringValue else { throw .claimNotAccepted(name: "hd", .missing) }
        guard hostedDomains.contains(where: { $0.isSameBytes(as: domain) }) else {
            throw .claimNotAccepted(name: "hd", .notAccepted)
        }
    }

    private static func matches(_ entry: String, _ email: String) -> Bool {
        guard entry.hasPrefix("*@") else { return entry.isSameBytes(as: email) }
        guard let at = email.firstIndex(of: "@") else { return false }
        return email[at...] == entry.dropFirst()
    }
}

extension GoogleAccounts.Problem: CustomStringConvertible {
    /// What to change, in words.
    public var description: String {
        switch self {
        case .none:
            "must list `hosted_domains` or `service_accounts`; tokens of any Google account would be tokens of everybody"
        case .notAServiceAccount(let text):
            "`\(text)` is neither the address of a service account nor `*@PROJECT.iam.gserviceaccount.com`"
        }
    }
}
