// SPDX-License-Identifier: Apache-2.0

import Identity

extension ServerConfiguration.Provider {
    /// The values of `type`.
    private enum ProviderType: String, CaseIterable {
        case oidc, okta, entra, google, cognito, auth0, keycloak, introspection, certificate
        case awsIAM = "aws_iam"
        case apiKey = "api_key"
    }

    init?(_ section: inout ConfigurationSection, name: String, base: String, data: String) {
        let kind: Kind?
        switch section.choice("type", ProviderType.self, default: .oidc) {
        case .oidc: kind = Self.tokens(&section, name, base) { _ in .openID }
        case .okta: kind = Self.tokens(&section, name, base, Self.okta)
        case .entra: kind = Self.tokens(&section, name, base, Self.entra)
        case .google: kind = Self.tokens(&section, name, base, Self.google)
        case .cognito: kind = Self.tokens(&section, name, base, Self.cognito)
        case .auth0: kind = Self.tokens(&section, name, base) { _ in .auth0 }
        case .keycloak: kind = Self.tokens(&section, name, base) { _ in .keycloak }
        case .introspection: kind = Introspection(&section, name: name, base: base).map { .introspection($0) }
        case .certificate: kind = Self.certificates(&section, name, base)
        case .apiKey: kind = Self.apiKeys(&section, name, base, data)
        case .awsIAM: kind = Self.aws(&section, name)
        }
        guard let kind else { return nil }
        self.init(name: name, line: section.line, kind: kind)
    }

    private static func tokens(
        _ section: inout ConfigurationSection, _ name: String, _ base: String,
        _ profile: (inout ConfigurationSection) -> ProviderProfile?
    ) -> Kind? {
        guard let settings = TokenSettings(&section, name: name, base: base, profile: profile) else { return nil }
        return .tokens(settings)
    }

    /// Keys stand in the data directory unless the operator says where.
    private static func apiKeys(
        _ section: inout ConfigurationSection, _ name: String, _ base: String, _ data: String
    ) -> Kind? {
        guard let text = section.text("store") else { return .apiKeys(path: "\(data)/keys/\(name).keys") }
        let path = text.hasPrefix("file:") ? String(text.dropFirst(5)) : text
        return .apiKeys(path: ServerConfiguration.resolve(path, base))
    }

    // MARK: What is particular to a provider

    /// Access tokens of the organization's own server are meant for Okta itself: nobody else can verify them.
    private static func okta(_ section: inout ConfigurationSection) -> ProviderProfile? {
        if let issuer = section.text("issuer"), !issuer.contains("/oauth2/") {
            section.problem(
                "issuer",
                "`\(issuer)` is Okta's organization server, whose access tokens are opaque by design; name a custom "
                    + "authorization server such as `https://acme.okta.com/oauth2/default`")
            return nil
        }
        return .okta
    }

    private static func entra(_ section: inout ConfigurationSection) -> ProviderProfile? {
        let versions = (section.strings("versions") ?? ["v1", "v2"]).compactMap { text -> EntraTenants.Version? in
            if let version = EntraTenants.Version(rawValue: text) { return version }
            section.problem("versions", "must hold `v1`, `v2` or both, got `\(text)`")
            return nil
        }
        let authority = section.string("authority", default: "https://login.microsoftonline.com")
        let legacy = section.string("legacy_authority", default: "https://sts.windows.net")
        do throws(EntraTenants.Problem) {
            return .entra(
                try EntraTenants(
                    section.strings("tenants") ?? [], versions: versions, authority: authority, legacyAuthority: legacy)
            )
        } catch {
            section.problem(error == .noVersion ? "versions" : "tenants", error.description)
            return nil
        }
    }

    private static func google(_ section: inout ConfigurationSection) -> ProviderProfile? {
        let domains = section.strings("hosted_domains") ?? []
        let accounts = section.strings("service_accounts") ?? []
        do throws(GoogleAccounts.Problem) {
            return .google(try GoogleAccounts(hostedDomains: domains, serviceAccounts: accounts))
        } catch {
            section.problem(error == .none ? "hosted_domains" : "service_accounts", error.description)
            return nil
        }
    }

    private static func cognito(_ section: inout ConfigurationSection) -> ProviderProfile? {
        let uses = (section.strings("token_use") ?? ["access"]).compactMap { text -> ProviderProfile.CognitoUse? in
            if let use = ProviderProfile.CognitoUse(rawValue: text) { return use }
            section.problem("token_use", "must hold `access`, `id` or both, got `\(text)`")
            return nil
        }
        return .cognito(uses: uses)
    }
}

/// Whether tokens must be bound to a key or a certificate.
private enum BoundTokens: String, CaseIterable {
    case optional, required
}

extension ServerConfiguration.Provider.TokenSettings {
    init?(
        _ section: inout ConfigurationSection, name: String, base: String,
        profile read: (inout ConfigurationSection) -> ProviderProfile?
    ) {
        let profile = read(&section)
        let issuer = Self.issuer(&section, profile)
        let audiences = section.strings("audiences") ?? []
        if audiences.isEmpty, profile.map(\.requiresAudiences) ?? true {
            section.problem("audiences", "is missing; name at least one audience")
        }
        let clients = section.strings("clients") ?? []
        let algorithms = Self.algorithms(&section)
        let skew = section.duration("clock_skew", in: .zero...(.seconds(60)), default: .seconds(30))
        let source = Self.source(&section, base, profile)
        let refresh = section.duration("refresh", in: .seconds(30)...(.seconds(86_400)), default: .seconds(600))
        let stale = section.duration("max_stale", in: .seconds(30)...(.seconds(2_592_000)), default: .seconds(43_200))
        let types = section.strings("types")
        allowsInsecure = section.bool("allow_insecure", default: false)
        if var nested = section.section("introspection") {
            introspection = ServerConfiguration.Provider.Introspection(&nested, name: name, base: base)
            nested.rejectUnknownKeys()
        }
        let mapping = Self.mapping(&section, profile?.mapping(audiences: audiences) ?? ClaimMapping())
        guard let profile, let issuer, !audiences.isEmpty || !profile.requiresAudiences else { return nil }
        configuration = ProviderConfiguration(
            name: name, issuer: issuer, audiences: audiences, algorithms: algorithms,
            clockSkew: skew.components.seconds, mapping: mapping
        )
        configuration.profile = profile
        configuration.clients = clients
        configuration.requiresBinding =
            section.choice("bound_tokens", BoundTokens.self, default: .optional) == .required
        switch profile {
        case .entra(let tenants): configuration.issuers = tenants.issuers
        case .google: configuration.issuers = GoogleAccounts.issuers
        case .openID, .okta, .cognito, .auth0, .keycloak: break
        }
        if let types { configuration.tokenTypes = types }
        switch source {
        case .discovery: section.refusePlaintext(issuer, "issuer", allowsInsecure)
        case .url(let url): section.refusePlaintext(url, "jwks_url", allowsInsecure)
        case .file: break
        }
        for problem in configuration.problems {
            section.problem(problem == .noClient ? "clients" : "issuer", "\(problem)")
        }
        self.source = source
        self.refresh = KeyRefreshSettings(
            interval: refresh.components.seconds, maximumStale: stale.components.seconds
        )
    }

    /// Tenants name Entra ID's issuers, and Google has but one.
    private static func issuer(_ section: inout ConfigurationSection, _ profile: ProviderProfile?) -> String? {
        switch profile {
        case .entra(let tenants): tenants.issuer
        case .google: GoogleAccounts.issuers[0]
        case .openID, .okta, .cognito, .auth0, .keycloak: section.string("issuer")
        case nil: section.text("issuer")
        }
    }

    private static func source(
        _ section: inout ConfigurationSection, _ base: String, _ profile: ProviderProfile?
    ) -> KeySource {
        let url = section.text("jwks_url")
        let file = section.text("jwks_file")
        if url != nil, file != nil { section.problem("jwks_url", "must not stand beside `jwks_file`") }
        if let file {
            return .file(
                path: ServerConfiguration.resolve(file.hasPrefix("file:") ? String(file.dropFirst(5)) : file, base))
        }
        if let url { return .url(url) }
        if case .entra(let tenants)? = profile { return .url(tenants.keysURL) }
        return .discovery
    }

    static func algorithms(_ section: inout ConfigurationSection) -> [SignatureAlgorithm] {
        guard let names = section.strings("algorithms") else { return SignatureAlgorithm.asymmetric }
        return names.compactMap { name in
            if let algorithm = SignatureAlgorithm(name: name), !algorithm.isSymmetric { return algorithm }
            let list = SignatureAlgorithm.asymmetric.map(\.rawValue).joined(separator: ", ")
            section.problem("algorithms", "`\(name)` is not accepted; accepted: \(list)")
            return nil
        }
    }

    /// The mapping of `claims`, over the provider's own.
    static func mapping(_ provider: inout ConfigurationSection, _ usual: ClaimMapping) -> ClaimMapping {
        var mapping = usual
        guard var section = provider.section("claims") else { return mapping }
        defer { section.rejectUnknownKeys() }
        if let path = section.text("subject") { mapping.subject = ClaimPath(path) }
        if let paths = section.strings("client") { mapping.clientID = paths.map { ClaimPath($0) } }
        if let paths = section.strings("groups") { mapping.groups = paths.map { ClaimPath($0) } }
        if let paths = section.strings("roles") { mapping.roles = paths.map { ClaimPath($0) } }
        if let paths = section.strings("scopes") { mapping.scopes = paths.map { ClaimPath($0) } }
        if let pairs = section.stringsOrPairs("attributes") {
            mapping.attributes = pairs.map { ClaimMapping.Attribute($0.text, $0.value.map { ClaimPath($0) }) }
        }
        for pair in section.stringsOrPairs("types") ?? [] {
            guard let type = ClaimMapping.ClaimType(rawValue: pair.value ?? "") else {
                let known = ClaimMapping.ClaimType.allCases.map(\.rawValue).joined(separator: ", ")
                section.problem("types", "`\(pair.text)` must have one of the types \(known)")
                continue
            }
            mapping.types[pair.text] = type
        }
        return mapping
    }
}

extension ProviderProfile {
    /// Whether `audiences` must be configured.
    fileprivate var requiresAudiences: Bool {
        switch self {
        case .openID, .okta, .entra, .google, .auth0, .keycloak: true
        case .cognito: false
        }
    }
}
