// SPDX-License-Identifier: Apache-2.0

/// The ways in which callers of one API may identify themselves.
///
/// What is presented picks exactly one of them: the issuer of a JWT, the prefix of an API key, the scheme of the header;
/// a token of no known form is for the issuer that is asked. They are never tried one after another, so that a bad
/// credential never falls through to a weaker scheme.
public struct AuthenticatorSelection: Sendable {
    /// Why authenticators cannot stand side by side.
    public enum Conflict: Error, Sendable, Hashable {
        /// Two providers of JWTs have the same issuer.
        case issuer(String)
        /// Two providers would be picked by the same credentials; names what picks them.
        case several(String)
    }

    /// The issuers of JWTs; `nil` if there is none.
    public let tokens: ProviderSelection?
    /// The issuer that is asked about tokens that only it can read; `nil` if there is none.
    public let opaqueTokens: IntrospectionProvider?

    /// Sorts authenticators by what picks them.
    ///
    /// - Throws: ``Conflict`` if a credential could pick more than one of them.
    public init(_ authenticators: [Authenticator]) throws(Conflict) {
        var providers: [TokenProvider] = []
        var introspection: IntrospectionProvider?
        for authenticator in authenticators {
            switch authenticator {
            case .tokens(let provider): providers.append(provider)
            case .introspection(let provider):
                guard introspection == nil else { throw .several("opaque tokens") }
                introspection = provider
            }
        }
        opaqueTokens = introspection
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
        case .several(let what): "two providers would be asked about \(what); at most one may stand in an API"
        }
    }
}
