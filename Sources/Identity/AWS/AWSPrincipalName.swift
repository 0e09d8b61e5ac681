// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON

/// The Amazon resource name of a caller, taken apart: `arn:aws:sts::123456789012:assumed-role/app/session`.
public struct AWSPrincipalName: Sendable, Hashable {
    /// What kind of principal it is.
    public enum Kind: String, Sendable, Hashable {
        /// The account itself.
        case root
        /// A user of IAM.
        case user
        /// A role that was assumed.
        case assumedRole = "assumed-role"
        /// A federated user.
        case federatedUser = "federated-user"
    }

    /// The name as STS gave it.
    public let text: String
    /// `aws`, `aws-cn`, `aws-us-gov` and so on.
    public let partition: String
    /// The 12 digits of the account.
    public let account: String
    /// What kind of principal it is.
    public let kind: Kind
    /// The name of the user or role, without path; empty for the account itself.
    public let name: String
    /// The session of an assumed role.
    public let session: String?

    /// The role as IAM names it, as far as STS tells: without path.
    public var role: String? { kind == .assumedRole ? "arn:\(partition):iam::\(account):role/\(name)" : nil }

    /// Takes a name apart; `nil` if it is not that of a caller.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), parts.count == 6,
            parts[0] == "arn", parts[1].hasPrefix("aws"), parts[3].isEmpty, Self.isAccount(parts[4])
        else { return nil }
        let resource = parts[5].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts[2], resource[0], resource.count) {
        case ("iam", "root", 1): (kind, name, session) = (.root, "", nil)
        case ("iam", "user", 2...): (kind, name, session) = (.user, resource[resource.count - 1], nil)
        case ("sts", "assumed-role", 3): (kind, name, session) = (.assumedRole, resource[1], resource[2])
        case ("sts", "federated-user", 2): (kind, name, session) = (.federatedUser, resource[1], nil)
        default: return nil
        }
        guard kind == .root || !name.isEmpty, session?.isEmpty != true else { return nil }
        self.text = text
        (partition, account) = (parts[1], parts[4])
    }

    /// Whether a text is the 12 digits of an account.
    public static func isAccount(_ text: String) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// The principal that policies see: `AWSPrincipal::"<arn>"`, an assumed role in `Role::"<arn of the role>"`.
    func principal(provider: String) -> Principal {
        var attributes = JSONObject()
        attributes["account"] = .string(account)
        attributes["partition"] = .string(partition)
        attributes["kind"] = .string(kind.rawValue)
        if !name.isEmpty { attributes["name"] = .string(name) }
        if let role { attributes["role"] = .string(role) }
        if let session { attributes["session"] = .string(session) }
        return Principal(
            kind: .awsPrincipal, provider: provider, id: text, issuer: "sts", roles: role.map { [$0] } ?? [],
            attributes: attributes)
    }
}
