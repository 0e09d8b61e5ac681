// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import Outbound

extension ServerConfiguration.Provider {
    /// `type: certificate`.
    static func certificates(_ section: inout ConfigurationSection, _ name: String, _ base: String) -> Kind? {
        let path = ServerConfiguration.filePath(&section, "ca", base)
        let subjects = section.strings("subjects") ?? []
        for subject in subjects where subject.isEmpty || subject == "*" {
            section.problem("subjects", "must name SPIFFE ids, DNS names or subjects, got `\(subject)`")
        }
        let recheck = section.duration("recheck", in: .zero...(.seconds(3600)), default: .seconds(300))
        guard let path else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            section.problem("ca", "`\(path)` cannot be read; a file of certificates in PEM is expected")
            return nil
        }
        return .certificates(
            CertificateCallerSettings(
                name: name, authorities: Array(data), subjects: subjects, recheck: recheck.components.seconds))
    }

    /// `lattice`, or `header:NAME`: what gateways with `forwarded_headers: true` say of signatures that they verified.
    private static func forwarded(_ section: inout ConfigurationSection) -> AWSCallerSettings.ForwardedIdentity? {
        guard let text = section.text("forwarded") else { return nil }
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        if text == "lattice" { return .lattice }
        if parts.count == 2, parts[0] == "header" { return .name(header: parts[1].lowercased()) }
        section.problem("forwarded", "must be `lattice` or `header:NAME`, got `\(text)`")
        return nil
    }

    /// `type: aws_iam`.
    static func aws(_ section: inout ConfigurationSection, _ name: String) -> Kind? {
        let region = section.string("region")
        let serverID = section.string("server_id")
        let accounts = section.strings("accounts") ?? []
        let principals = section.strings("principals") ?? []
        let header = section.string("server_id_header", default: "x-countersign-server-id").lowercased()
        let endpoint = section.text("endpoint")
        let signedHost = section.text("signed_host")
        let reuse = section.duration("reuse", in: .zero...(.seconds(900)), default: .seconds(60))
        let allowsInsecure = section.bool("allow_insecure", default: false)
        let localKeys = section.reference("local_keys")
        let services = section.strings("local_services")
        if services != nil, localKeys == nil {
            section.problem("local_services", "has no effect without `local_keys`")
        }
        guard let region, let serverID else {
            _ = forwarded(&section)
            return nil
        }
        var settings = AWSCallerSettings(
            name: name, region: region, serverID: serverID, accounts: accounts, principals: principals)
        settings.serverIDHeader = header
        settings.reuse = reuse.components.seconds
        settings.forwarded = forwarded(&section)
        if let services { settings.localServices = services }
        if let endpoint {
            do {
                settings.signedHost = try OutboundURL(endpoint).hostHeader
                settings.endpoint = endpoint
            } catch {
                section.problem("endpoint", "\(error)")
            }
        }
        if let signedHost { settings.signedHost = signedHost.lowercased() }
        for problem in settings.problems {
            let key =
                switch problem {
                case .serverID: "server_id"
                case .nobodyNamed, .account: "accounts"
                case .principal: "principals"
                }
            section.problem(key, problem.description)
        }
        return .aws(AWSSettings(callers: settings, allowsInsecure: allowsInsecure, localKeys: localKeys))
    }
}

extension ClaimMapping {
    /// What policies may read of callers with certificates.
    static let certificates = declared([
        "subject": .string, "certificate_issuer": .string, "serial": .string, "dns_names": .strings,
        "trust_domain": .string,
    ])

    /// What policies may read of owners of API keys.
    static let apiKeys = declared(["key_id": .string, "owner": .string])

    /// What policies may read of principals of AWS.
    static let awsPrincipals = declared([
        "account": .string, "partition": .string, "kind": .string, "name": .string, "role": .string, "session": .string,
    ])

    private static func declared(_ types: [String: ClaimType]) -> ClaimMapping {
        var mapping = ClaimMapping(attributes: types.keys.sorted().map { Attribute($0) })
        mapping.types = types
        return mapping
    }
}
