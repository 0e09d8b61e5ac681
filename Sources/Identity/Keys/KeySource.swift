// SPDX-License-Identifier: Apache-2.0

/// Where an issuer's keys come from.
public enum KeySource: Sendable, Hashable {
    /// The issuer's discovery document (OpenID Connect Discovery 1.0, section 4) names the key set.
    case discovery
    /// The key set stands at this URL.
    case url(String)
    /// The key set stands in this file, which is read again with every refresh and never grows stale.
    case file(path: String)

    /// The address of an issuer's discovery document: a slash at the end of the issuer is dropped first.
    public static func discoveryURL(issuer: String) -> String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }
}

/// Why keys could not be fetched.
public enum KeyFetchError: Error, Sendable, Hashable {
    /// The server could not be asked; the text names the cause.
    case unreachable(url: String, reason: String)
    /// The server answered with another status than 200.
    case status(url: String, Int)
    /// The document is longer than 1 MiB.
    case tooLarge(url: String)
    /// The document is not the JSON that was expected.
    case notJSON(url: String, problem: String)
    /// The discovery document speaks of another issuer.
    case issuerMismatch(url: String, issuer: String?)
    /// The discovery document names no `jwks_uri`.
    case noKeySetURL(url: String)
    /// The document is not a usable key set.
    case keySet(url: String, KeySet.ParseError)
}

extension KeyFetchError: CustomStringConvertible {
    /// One line for the operator.
    public var description: String {
        switch self {
        case .unreachable(let url, let reason): "`\(url)` cannot be reached: \(reason)"
        case .status(let url, let status): "`\(url)` answered with status \(status); 200 is expected"
        case .tooLarge(let url): "the document at `\(url)` is longer than 1 MiB"
        case .notJSON(let url, let problem): "the document at `\(url)` is not JSON: \(problem)"
        case .issuerMismatch(let url, let issuer?): "the discovery document at `\(url)` is that of issuer `\(issuer)`"
        case .issuerMismatch(let url, nil): "the discovery document at `\(url)` names no issuer"
        case .noKeySetURL(let url): "the discovery document at `\(url)` names no `jwks_uri`"
        case .keySet(let url, let problem): "the document at `\(url)` is not a usable key set: \(problem)"
        }
    }
}

extension KeySet.ParseError: CustomStringConvertible {
    /// The problem in words.
    public var description: String {
        switch self {
        case .json(let error): "not JSON: \(error)"
        case .noKeys: "there is no array `keys`"
        case .tooMany(let count): "\(count) keys; at most \(KeySet.maximumKeys) are accepted"
        case .noneUsable: "none of its keys can be used"
        case .mixed: "symmetric and asymmetric keys stand side by side"
        }
    }
}
