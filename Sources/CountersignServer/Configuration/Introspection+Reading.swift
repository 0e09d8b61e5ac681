// SPDX-License-Identifier: Apache-2.0

import Identity
import Outbound

extension ServerConfiguration.Provider.Introspection {
    init?(_ section: inout ConfigurationSection, name: String, base: String) {
        let url = section.string("url")
        if let url { Self.check(url, "url", &section) }
        let issuer = section.text("issuer")
        let audiences = section.strings("audiences") ?? []
        let scopes = section.strings("scopes") ?? []
        let cache = section.duration("cache", in: .zero...(.seconds(60)), default: .seconds(30))
        let negative = section.duration("negative_cache", in: .zero...(.seconds(30)), default: .seconds(5))
        let skew = section.duration("clock_skew", in: .zero...(.seconds(60)), default: .seconds(30))
        timeout = section.duration("timeout", in: .milliseconds(50)...(.seconds(30)), default: .seconds(2))
        let concurrency = section.int("concurrency", in: 1...1024, default: 32)
        let acceptsBasic = section.bool("basic", default: false)
        allowsInsecure = section.bool("allow_insecure", default: false)
        trustRoots = section.reference("ca")
        if let url { section.refusePlaintext(url, "url", allowsInsecure) }
        let mapping = ServerConfiguration.Provider.TokenSettings.mapping(&section, ClaimMapping())
        algorithms = ServerConfiguration.Provider.TokenSettings.algorithms(&section)
        let isSigned = section.bool("signed", default: false)
        let (keysURL, keysFile) = (section.text("jwks_url"), section.text("jwks_file"))
        if isSigned {
            if issuer == nil { section.problem("issuer", "is missing; signed answers must be those of an issuer") }
            signingKeys =
                keysFile.map { file in
                    let path = file.hasPrefix("file:") ? String(file.dropFirst(5)) : file
                    return .file(path: ServerConfiguration.resolve(path, base))
                } ?? keysURL.map { .url($0) } ?? .discovery
        } else if keysURL != nil || keysFile != nil {
            section.problem(keysURL != nil ? "jwks_url" : "jwks_file", "is used for `signed: true` only")
        }
        guard let credential = ServerConfiguration.Provider.OwnCredential(&section, endpoint: url ?? ""), let url else {
            return nil
        }
        self.credential = credential
        settings = IntrospectionSettings(
            name: name, url: url, issuer: issuer, audiences: audiences, requiredScopes: scopes,
            cache: cache.components.seconds, negativeCache: negative.components.seconds, concurrency: concurrency,
            clockSkew: skew.components.seconds, acceptsBasic: acceptsBasic, mapping: mapping)
    }

    /// Says what is wrong with a URL.
    fileprivate static func check(_ url: String, _ key: String, _ section: inout ConfigurationSection) {
        do throws(OutboundError) { _ = try OutboundURL(url) } catch { section.problem(key, error.description) }
    }
}

extension ServerConfiguration.Provider.OwnCredential {
    init?(_ section: inout ConfigurationSection, endpoint: String) {
        method = section.choice("auth", Method.self, default: .basic)
        let client = section.string("client_id")
        secret = section.reference("client_secret")
        key = section.reference("client_key")
        certificate = section.reference("client_certificate")
        keyID = section.text("key_id")
        audience = section.string("assertion_audience", default: endpoint)
        if let name = section.text("assertion_algorithm") {
            assertionAlgorithm = SignatureAlgorithm(name: name)
            if assertionAlgorithm.map(\.isSymmetric) ?? true {
                section.problem(
                    "assertion_algorithm", "`\(name)` is not accepted; such as ES256, EdDSA, PS256 or RS256")
            }
        }
        if var token = section.section("token") {
            defer { token.rejectUnknownKeys() }
            tokenURL = token.string("url")
            if let tokenURL { ServerConfiguration.Provider.Introspection.check(tokenURL, "url", &token) }
            tokenMethod = token.choice("auth", Method.self, default: .basic)
            scope = token.text("scope")
            if tokenMethod == .bearer {
                token.problem("auth", "must not be `bearer`: a token must be had by other means")
            }
        } else if method == .bearer {
            section.problem("token", "is missing; `auth: bearer` needs `token: { url: ..., scope: ... }`")
        }
        guard let client else { return nil }
        clientID = client
        let missing = self.missing
        for (name, reason) in missing { section.problem(name, "is missing; \(reason)") }
        guard missing.isEmpty else { return nil }
    }

    private var missing: [(key: String, reason: String)] {
        switch method == .bearer ? tokenMethod : method {
        case .basic?, .post?:
            secret == nil ? [("client_secret", "name a reference such as `env:NAME` or `file:secrets/client`")] : []
        case .assertion?: key == nil ? [("client_key", "`private_key_jwt` signs with it")] : []
        case .certificate?:
            [("client_certificate", certificate), ("client_key", key)].filter { $0.1 == nil }
                .map { ($0.0, "`mtls` shows certificate and key") }
        case .bearer?, nil: []
        }
    }

    /// References to secrets, by key.
    var references: [(key: String, reference: String)] {
        [("client_secret", secret), ("client_key", key), ("client_certificate", certificate)]
            .compactMap { name, reference in reference.map { (name, $0) } }
    }
}

extension ConfigurationSection {
    /// A reference to a file or variable; anything else may be the secret itself and must not stand in a message.
    mutating func reference(_ key: String) -> String? {
        guard let text = text(key) else { return nil }
        guard (text.hasPrefix("file:") && text.utf8.count > 5) || (text.hasPrefix("env:") && text.utf8.count > 4) else {
            problem(key, "must be a reference such as `file:secrets/name` or `env:NAME`, not the secret itself")
            return nil
        }
        return text
    }

    /// Says that a URL without TLS beyond loopback would never be called.
    func refusePlaintext(_ text: String, _ key: String, _ isInsecureAllowed: Bool) {
        guard !isInsecureAllowed, let url = try? OutboundURL(text), url.scheme == .http,
            !ServerConfiguration.isLoopback(url.host)
        else { return }
        problem(key, "`\(text)` is `http:` beyond loopback; use `https:`, or say `allow_insecure: true` for tests")
    }
}
