// SPDX-License-Identifier: Apache-2.0

import Callout
import DecisionEngine
import Outbound

extension APIDefinition {
    init(
        _ section: inout ConfigurationSection, name: String, providers known: [String],
        logMode: ServerConfiguration.Audit.Mode
    ) {
        var match = section.sectionOrEmpty("match")
        let hosts = (match.strings("hosts") ?? []).map { host in
            let bare = host.hasPrefix("*.") ? String(host.dropFirst(2)) : host
            guard let canonical = CanonicalHost.read(bare) else {
                match.problem("hosts", "`\(host)` is not a host name such as `api.example.test` or `*.example.test`")
                return host
            }
            return host.hasPrefix("*.") ? "*.\(canonical)" : canonical
        }
        let base = Self.template(match.string("base_path", default: "/"), "base_path", &match)
        if !base.parameters.isEmpty { match.problem("base_path", "must not have parameters") }
        let proxies = match.strings("proxies") ?? []
        let gateways = match.strings("gateways") ?? []
        match.rejectUnknownKeys()
        let providers = section.strings("providers") ?? []
        for provider in providers where !known.contains(provider) {
            let list = known.isEmpty ? "none is configured" : "configured: \(known.joined(separator: ", "))"
            section.problem("providers", "`\(provider)` is not a provider; \(list)")
        }
        let declared = Self.credentials(&section)
        let authentication = section.choice("authentication", AuthenticationNeed.self, default: .required)
        let onDeny = section.choice("on_deny", RouteDefinition.OnDeny.self, default: .variables)
        let live = section.bool("live", default: false)
        let routes = section.listedSections("routes").compactMap { route in
            var route = route
            defer { route.rejectUnknownKeys() }
            return RouteDefinition(&route, onDeny: onDeny, authentication: authentication, live: live, logMode: logMode)
        }
        if routes.isEmpty { section.problem("routes", "names no route") }
        if providers.isEmpty, !routes.allSatisfy(\.allowsAnonymous) {
            section.problem("providers", "is missing; name a provider, or say `authentication: optional`")
        }
        self.init(
            name: name, gateways: gateways, hosts: hosts, proxies: proxies, basePath: base, providers: providers,
            credentials: declared ?? [.authorization], refusesSeveralCredentials: declared == nil,
            externalOrigin: Self.origin(&section), routes: routes
        )
    }

    /// Reads a template, or says what is wrong and goes on with `/`.
    static func template(_ text: String, _ key: String, _ section: inout ConfigurationSection) -> PathTemplate {
        do throws(PathTemplate.Problem) {
            return try PathTemplate(text)
        } catch {
            section.problem(key, error.description)
            return .root
        }
    }

    /// `https://host` without path, which callers see where gateways do not say.
    private static func origin(_ section: inout ConfigurationSection) -> String? {
        guard let text = section.text("external_origin") else { return nil }
        guard let url = try? OutboundURL(text), url.target == "/", !text.hasSuffix("/") else {
            section.problem("external_origin", "must look like `https://api.example.test`, got `\(text)`")
            return nil
        }
        return text
    }

    /// The declared places of credentials, in order; `nil` if the API declares none.
    private static func credentials(_ section: inout ConfigurationSection) -> [CredentialSource]? {
        guard let pairs = section.stringsOrPairs("credentials") else { return nil }
        return pairs.compactMap { text, value in
            let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
            let (kind, name) = (parts.first ?? "", value ?? (parts.count == 2 ? parts[1] : ""))
            switch kind {
            case "authorization" where name.isEmpty: return .authorization
            case "header" where !name.isEmpty: return .header(name.asciiLowercased)
            case "query" where !name.isEmpty: return .query(name)
            case "cookie" where !name.isEmpty: return .cookie(name)
            default:
                section.problem(
                    "credentials",
                    "must hold `authorization`, `header:NAME`, `query:NAME` or `cookie:NAME`, got `\(text)`"
                )
                return nil
            }
        }
    }
}

/// Whether callers must present a credential.
enum AuthenticationNeed: String, CaseIterable {
    case required
    case optional
}

extension RouteDefinition {
    init?(
        _ section: inout ConfigurationSection, onDeny: OnDeny, authentication: AuthenticationNeed, live: Bool,
        logMode: ServerConfiguration.Audit.Mode
    ) {
        let name = section.string("name")
        var match = section.sectionOrEmpty("match")
        let methods = (match.strings("methods") ?? []).map { method in
            let isToken = !method.isEmpty && method.utf8.allSatisfy { 0x41...0x5A ~= $0 || $0 == UInt8(ascii: "-") }
            if !isToken { match.problem("methods", "`\(method)` is not a method in capitals such as `GET`") }
            return method
        }
        let path = APIDefinition.template(match.string("path", default: "/"), "path", &match)
        if path.parameters.contains("path") { match.problem("path", "a parameter must not be named `path`") }
        match.rejectUnknownKeys()
        let action = section.text("action")
        let resource = Self.resource(&section, path)
        let denial = section.choice("on_deny", OnDeny.self, default: onDeny)
        let headers = Self.identityHeaders(&section)
        let context = (section.strings("context_headers") ?? []).map(\.asciiLowercased)
        for header in context where ["authorization", "cookie", "proxy-authorization"].contains(header) {
            section.problem("context_headers", "`\(header)` holds secrets and is never shown to policies")
        }
        let attributes = section.strings("attributes") ?? []
        for attribute in attributes where !ConfigurationSection.isName(attribute) || attribute.contains(".") {
            section.problem("attributes", "`\(attribute)` is not a flat name of letters, digits, `-` and `_`")
        }
        let onError = section.choice("on_error", OnError.self, default: .report)
        let need = section.choice("authentication", AuthenticationNeed.self, default: authentication)
        let wantsLiveState = section.bool("live", default: live)
        let mayPrecedeSync = Self.mayPrecedeSync(&section, logMode)
        guard let name else { return nil }
        self.init(
            name: name, methods: methods, path: path, action: action, resource: resource, onDeny: denial,
            identityHeaders: headers, contextHeaders: context, attributes: attributes,
            deniesOnError: onError == .deny, allowsAnonymous: need == .optional, wantsLiveState: wantsLiveState,
            mayPrecedeSync: mayPrecedeSync
        )
    }

    /// What a forbid that cannot be evaluated does.
    private enum OnError: String, CaseIterable {
        case report
        case deny
    }

    /// When an allow of the route may leave, `audit: { mode: async }`.
    private enum AuditMode: String, CaseIterable {
        case strict
        case async
    }

    private static func mayPrecedeSync(
        _ route: inout ConfigurationSection, _ logMode: ServerConfiguration.Audit.Mode
    ) -> Bool {
        guard var section = route.section("audit") else { return false }
        defer { section.rejectUnknownKeys() }
        guard section.choice("mode", AuditMode.self, default: .strict) == .async else { return false }
        if logMode == .strict {
            section.problem("mode", "must be `strict` unless `audit.mode` is `async`, which lets routes choose")
        }
        return true
    }

    private static func resource(_ section: inout ConfigurationSection, _ path: PathTemplate) -> ResourceTemplate? {
        guard let text = section.text("resource") else { return nil }
        do throws(ResourceTemplate.Problem) {
            return try ResourceTemplate(text, parameters: path.parameters)
        } catch {
            section.problem("resource", error.description)
            return nil
        }
    }

    private static func identityHeaders(_ section: inout ConfigurationSection) -> [IdentityHeader] {
        var seen: Set<String> = []
        return (section.stringsOrPairs("headers") ?? []).compactMap { name, content in
            do throws(IdentityHeader.Problem) {
                let header: IdentityHeader
                if let content {
                    header = try IdentityHeader(name, .attribute(content))
                } else {
                    header = try IdentityHeader(name)
                }
                guard seen.insert(header.name).inserted else {
                    section.problem("headers", "`\(header.name)` stands twice")
                    return nil
                }
                return header
            } catch {
                section.problem("headers", error.description)
                return nil
            }
        }
    }
}
