// SPDX-License-Identifier: Apache-2.0

/// One configured way to identify callers; the set is closed, so that every place that picks one names them all.
public enum Authenticator: Sendable {
    /// JWT access tokens of one issuer.
    case tokens(TokenProvider)
    /// Tokens that only their issuer can read.
    case introspection(IntrospectionProvider)

    /// The name in the configuration.
    public var name: String {
        switch self {
        case .tokens(let provider): provider.configuration.name
        case .introspection(let provider): provider.settings.name
        }
    }

    /// Whether both are one and the same, with one state.
    public func isSame(as other: Authenticator) -> Bool {
        switch (self, other) {
        case (.tokens(let mine), .tokens(let its)): mine === its
        case (.introspection(let mine), .introspection(let its)): mine === its
        case (.tokens, _), (.introspection, _): false
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
}

/// A question about one credential to the issuer that can read it.
public struct IntrospectionQuestion: Sendable {
    let provider: IntrospectionProvider
    let token: String
    let digest: TokenDigest
    /// What kind of token it is (`token_type_hint`).
    let hint: String
}

/// How to go on after a wait.
public enum AwaitedAuthentication: Sendable {
    /// The credential is to be verified again, with what is at hand now.
    case again
    /// What was asked outside settles the matter.
    case settled(Result<AuthenticatedCaller, IdentityError>)
}
