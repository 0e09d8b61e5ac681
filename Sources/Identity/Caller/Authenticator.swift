// SPDX-License-Identifier: Apache-2.0

/// One configured way to identify callers; the set is closed, so that every place that picks one names them all.
public enum Authenticator: Sendable {
    /// JWT access tokens of one issuer.
    case tokens(TokenProvider)

    /// The name in the configuration.
    public var name: String {
        switch self {
        case .tokens(let provider): provider.configuration.name
        }
    }

    /// Whether both are one and the same, with one state.
    public func isSame(as other: Authenticator) -> Bool {
        switch (self, other) {
        case (.tokens(let mine), .tokens(let its)): mine === its
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
}

/// How to go on after a wait.
public enum AwaitedAuthentication: Sendable {
    /// The credential is to be verified again, with what is at hand now.
    case again
    /// What was asked outside settles the matter.
    case settled(Result<AuthenticatedCaller, IdentityError>)
}
