// SPDX-License-Identifier: Apache-2.0

import Identity

extension ServerConfiguration {
    /// A transmitter of security events.
    struct Transmitter: Sendable, Hashable {
        var name: String
        var line: Int
        var issuer: String
        var audiences: [String]
        var algorithms: [SignatureAlgorithm]
        var source: KeySource
        var allowsInsecure: Bool
        /// The providers whose callers it speaks about.
        var providers: [String]
        /// How old tokens may be, in seconds.
        var maximumAge: Int64
        /// A reference to what `Authorization` must hold.
        var authorization: String?

        /// Whether both have their keys from the same place.
        func hasSameKeys(as other: Transmitter) -> Bool {
            issuer == other.issuer && source == other.source && allowsInsecure == other.allowsInsecure
        }
    }

    /// Every `iss` of the named providers.
    func issuers(of names: [String]) -> [String] {
        providers.filter { names.contains($0.name) }.flatMap(\.issuers)
    }
}

extension ServerConfiguration.Transmitter {
    init?(_ section: inout ConfigurationSection, name: String, base: String, providers known: [String]) {
        let issuer = section.string("issuer")
        audiences = section.strings("audiences") ?? []
        if audiences.isEmpty { section.problem("audiences", "is missing; name what `aud` says of this receiver") }
        algorithms = ServerConfiguration.Provider.TokenSettings.algorithms(&section)
        let (url, file) = (section.text("jwks_url"), section.text("jwks_file"))
        if url != nil, file != nil { section.problem("jwks_url", "must not stand beside `jwks_file`") }
        source =
            file.map { text in
                let path = text.hasPrefix("file:") ? String(text.dropFirst(5)) : text
                return .file(path: ServerConfiguration.resolve(path, base))
            } ?? url.map { .url($0) } ?? .discovery
        allowsInsecure = section.bool("allow_insecure", default: false)
        providers = section.strings("providers") ?? []
        for provider in providers where !known.contains(provider) {
            section.problem(
                "providers", "`\(provider)` is not a provider; configured: \(known.joined(separator: ", "))")
        }
        if providers.isEmpty { section.problem("providers", "is missing; name the providers whose callers are meant") }
        let age = section.duration("max_age", in: .seconds(60)...(.seconds(604_800)), default: .seconds(86_400))
        maximumAge = age.components.seconds
        authorization = section.reference("authorization")
        (self.name, line) = (name, section.line)
        guard let issuer else { return nil }
        self.issuer = issuer
    }
}
