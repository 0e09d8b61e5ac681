// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// Which callers of AWS IAM are accepted, and whom to ask about them.
public struct AWSCallerSettings: Sendable, Hashable {
    /// Why settings cannot be used.
    public enum Problem: Error, Sendable, Hashable {
        /// There is no server id.
        case serverID
        /// Neither accounts nor principals are named.
        case nobodyNamed
        /// An account is not 12 digits.
        case account(String)
        /// A principal is not a resource name, or has an asterisk elsewhere than at its end.
        case principal(String)
    }

    /// In which header field a gateway that verified a signature says whose it is, and how it is written there.
    public enum ForwardedIdentity: Sendable, Hashable {
        /// `x-amzn-lattice-identity`, as VPC Lattice writes it: `Principal=<name>; SessionName=...; Type=AWS_IAM`.
        case lattice
        /// A field of this name, in small letters, that holds the resource name alone, as API Gateway can be told to set.
        case name(header: String)

        /// The name of the field, in small letters.
        var header: String {
            switch self {
            case .lattice: "x-amzn-lattice-identity"
            case .name(let header): header
            }
        }
    }

    /// The name in the configuration.
    public var name: String
    /// The region in whose name requests must be signed, such as `eu-west-3`.
    public var region: String
    /// Where STS is asked: `https://sts.<region>.amazonaws.com`.
    public var endpoint: String
    /// The host that requests must be signed for, if it is not the endpoint's own.
    public var signedHost: String
    /// The header field that binds a signature to this deployment, in small letters; it must be signed.
    public var serverIDHeader: String
    /// What that field must say.
    public var serverID: String
    /// The accounts whose principals are accepted.
    public var accounts: [String]
    /// Users and roles that are accepted: resource names, the last character of which may be an asterisk.
    ///
    /// A role stands as IAM names it, without path: `arn:aws:iam::123456789012:role/app`.
    public var principals: [String]
    /// For how many seconds a signature that STS has confirmed may be used again: 0 to 900.
    public var reuse: Int64

    /// Where gateways that may forward say whose signature they verified; `nil` if none does.
    public var forwarded: ForwardedIdentity?

    /// The services in whose name requests may be signed that are verified with keys known here.
    public var localServices = ["execute-api", "vpc-lattice-svcs"]

    /// How far a signature's time may be from the clock, in seconds (THREATS I5).
    public static let maximumSkew: Int64 = 300

    /// Makes settings for the regional endpoint of AWS.
    public init(name: String, region: String, serverID: String, accounts: [String] = [], principals: [String] = []) {
        self.name = name
        self.region = region
        signedHost = "sts.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "")
        endpoint = "https://" + signedHost
        serverIDHeader = "x-countersign-server-id"
        self.serverID = serverID
        self.accounts = accounts
        self.principals = principals
        reuse = 60
    }

    /// Everything that is wrong with the settings.
    public var problems: [Problem] {
        var found: [Problem] = []
        if serverID.isEmpty || !serverID.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { found.append(.serverID) }
        if accounts.isEmpty, principals.isEmpty { found.append(.nobodyNamed) }
        found += accounts.filter { !AWSPrincipalName.isAccount($0) }.map { .account($0) }
        found += principals.filter { name in
            let fixed = name.hasSuffix("*") ? String(name.dropLast()) : name
            // An asterisk may not stand for the account.
            let parts = fixed.split(separator: ":", omittingEmptySubsequences: false)
            return fixed.contains("*") || !fixed.hasPrefix("arn:aws") || parts.count != 6
                || !AWSPrincipalName.isAccount(String(parts[4]))
        }.map { .principal($0) }
        return found
    }

    /// Whether a principal is one that is accepted.
    func accepts(_ principal: AWSPrincipalName) -> Bool {
        if !accounts.isEmpty, !accounts.contains(principal.account) { return false }
        guard !principals.isEmpty else { return true }
        let names = [principal.text, principal.role].compactMap(\.self)
        return principals.contains { wanted in
            wanted.hasSuffix("*")
                ? names.contains { $0.utf8.starts(with: wanted.utf8.dropLast()) }
                : names.contains { $0.isSameBytes(as: wanted) }
        }
    }
}

extension AWSCallerSettings.Problem: CustomStringConvertible {
    /// What to change, in words.
    public var description: String {
        switch self {
        case .serverID: "`server_id` must be printable ASCII without spaces, such as the name of this deployment"
        case .nobodyNamed: "`accounts` or `principals` must name somebody; everybody has an account somewhere"
        case .account(let text): "`\(text)` is not an account of 12 digits"
        case .principal(let text):
            "`\(text)` is not a resource name with account, such as `arn:aws:iam::123456789012:role/app*`"
        }
    }
}
