// SPDX-License-Identifier: Apache-2.0

/// The ways in which callers of one API may identify themselves.
///
/// What is presented picks exactly one of them: the issuer of a JWT, the prefix of an API key, the scheme of the header.
/// They are never tried one after another, so that a bad credential never falls through to a weaker scheme.
public struct AuthenticatorSelection: Sendable {
    /// Why authenticators cannot stand side by side.
    public enum Conflict: Error, Sendable, Hashable {
        /// Two providers of JWTs have the same issuer.
        case issuer(String)
    }

    /// The issuers of JWTs; `nil` if there is none.
    public let tokens: ProviderSelection?

    /// Sorts authenticators by what picks them.
    ///
    /// - Throws: ``Conflict`` if a credential could pick more than one of them.
    public init(_ authenticators: [Authenticator]) throws(Conflict) {
        var providers: [TokenProvider] = []
        for authenticator in authenticators {
            switch authenticator {
            case .tokens(let provider): providers.append(provider)
            }
        }
        do throws(ProviderSelection.DuplicateIssuer) {
            tokens = providers.isEmpty ? nil : try ProviderSelection(providers)
        } catch {
            throw .issuer(error.issuer)
        }
    }
}

extension AuthenticatorSelection.Conflict: CustomStringConvertible {
    /// The conflict in words.
    public var description: String {
        switch self {
        case .issuer(let issuer): "two providers have the issuer `\(issuer)`; the issuer must pick one"
        }
    }
}
