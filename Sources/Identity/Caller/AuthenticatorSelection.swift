// SPDX-License-Identifier: Apache-2.0
package import Callout

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
        /// Two providers take the same kind of credential, and nothing in it picks one.
        case kind(String, String)
    }

    /// The issuers of JWTs; `nil` if there is none.
    public let tokens: ProviderSelection?
    /// The issuer that is asked about tokens that only it can read; `nil` if there is none.
    public let opaqueTokens: IntrospectionProvider?
    /// Who identifies callers by API keys; `nil` if nobody.
    public let apiKeys: APIKeyProvider?
    /// Who identifies callers by their certificates.
    public let certificates: CertificateCallerProvider?
    /// Who identifies principals of AWS.
    public let aws: AWSCallerProvider?

    /// Sorts authenticators by what picks them.
    ///
    /// - Throws: ``Conflict`` if a credential could pick more than one of them.
    public init(_ authenticators: [Authenticator]) throws(Conflict) {
        var providers: [TokenProvider] = []
        var introspection: IntrospectionProvider?
        var apiKeys: APIKeyProvider?
        var certificates: CertificateCallerProvider?
        var aws: AWSCallerProvider?
        for authenticator in authenticators {
            switch authenticator {
            case .tokens(let provider): providers.append(provider)
            case .introspection(let provider):
                if let other = introspection { throw .kind(other.settings.name, provider.settings.name) }
                introspection = provider
            case .apiKeys(let provider):
                if let other = apiKeys { throw .kind(other.name, provider.name) }
                apiKeys = provider
            case .certificates(let provider):
                if let other = certificates { throw .kind(other.settings.name, provider.settings.name) }
                certificates = provider
            case .aws(let provider):
                if let other = aws { throw .kind(other.settings.name, provider.settings.name) }
                aws = provider
            }
        }
        (opaqueTokens, self.apiKeys) = (introspection, apiKeys)
        (self.certificates, self.aws) = (certificates, aws)
        do throws(ProviderSelection.DuplicateIssuer) {
            tokens = providers.isEmpty ? nil : try ProviderSelection(providers)
        } catch {
            throw .issuer(error.issuer)
        }
    }
}

extension AuthenticatorSelection {
    /// What the gateway says of the caller in a request that carries no credential of the caller's own.
    package func implied(by request: borrowing CalloutRequest) -> Credential? {
        if let aws, aws.isForwarded(in: request) { return .awsRequest }
        guard certificates != nil else { return nil }
        // A field that cannot be read is a credential too: it is refused, not passed over.
        do throws(IdentityError) {
            return try PresentedCertificate.find(in: request) == nil ? nil : .certificate
        } catch {
            return .certificate
        }
    }
}

extension AuthenticatorSelection.Conflict: CustomStringConvertible {
    /// The conflict in words.
    public var description: String {
        switch self {
        case .kind(let first, let second):
            "providers `\(first)` and `\(second)` take the same kind of credential; only one of them can be picked"
        case .issuer(let issuer): "two providers have the issuer `\(issuer)`; the issuer must pick one"
        }
    }
}
