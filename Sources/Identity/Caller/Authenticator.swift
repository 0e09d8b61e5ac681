// SPDX-License-Identifier: Apache-2.0

/// One configured way to identify callers; the set is closed, so that every place that picks one names them all.
public enum Authenticator: Sendable {
    /// JWT access tokens of one issuer.
    case tokens(TokenProvider)
    /// Tokens that only their issuer can read.
    case introspection(IntrospectionProvider)
    /// API keys of one store.
    case apiKeys(APIKeyProvider)
    /// Client certificates of one set of authorities.
    case certificates(CertificateCallerProvider)
    /// Principals of AWS IAM.
    case aws(AWSCallerProvider)

    /// The name in the configuration.
    public var name: String {
        switch self {
        case .tokens(let provider): provider.configuration.name
        case .introspection(let provider): provider.settings.name
        case .apiKeys(let provider): provider.name
        case .certificates(let provider): provider.settings.name
        case .aws(let provider): provider.settings.name
        }
    }

    /// Whether both are one and the same, with one state.
    public func isSame(as other: Authenticator) -> Bool {
        switch (self, other) {
        case (.tokens(let mine), .tokens(let its)): mine === its
        case (.introspection(let mine), .introspection(let its)): mine === its
        case (.apiKeys(let mine), .apiKeys(let its)): mine === its
        case (.certificates(let mine), .certificates(let its)): mine === its
        case (.aws(let mine), .aws(let its)): mine === its
        case (.tokens, _), (.introspection, _), (.apiKeys, _), (.certificates, _), (.aws, _): false
        }
    }
}

/// How the identification of a caller stands after what can be done at once.
public enum Authentication: Sendable {
    /// The caller is known.
    case caller(AuthenticatedCaller)
    /// Something outside must be waited for first.
    case pending(PendingAuthentication)
}

/// What the identification of a caller waits for; awaited off the event loop, within the request's own time.
public enum PendingAuthentication: Sendable {
    /// Newer keys of an issuer, since those at hand do not verify the token.
    case keys(IdentityError, ProviderSelection)
    /// What the issuer says of a credential that only it can read.
    case introspection(IntrospectionQuestion)
    /// What the issuer says of a token that was verified here, where live state is wanted.
    case liveState(AuthenticatedCaller, IntrospectionQuestion)
    /// The verification of a certificate.
    case certificate(CertificateQuestion)
    /// What STS says of a signature.
    case aws(AWSQuestion)
}

/// A question about one credential to the issuer that can read it.
public struct IntrospectionQuestion: Sendable {
    let provider: IntrospectionProvider
    let token: String
    let digest: TokenDigest
    /// What kind of token it is (`token_type_hint`).
    let hint: String
}

/// A certificate that is to be verified.
public struct CertificateQuestion: Sendable {
    let provider: CertificateCallerProvider
    let certificate: PresentedCertificate
    let now: Int64
}

/// A signature about which STS is to be asked.
public struct AWSQuestion: Sendable {
    let provider: AWSCallerProvider
    let token: String
    let now: Int64
}

/// How to go on after a wait.
public enum AwaitedAuthentication: Sendable {
    /// The credential is to be verified again, with what is at hand now.
    case again
    /// What was asked outside settles the matter.
    case settled(Result<AuthenticatedCaller, IdentityError>)
}
