// SPDX-License-Identifier: Apache-2.0

import Identity
import Outbound

extension IdentityProviders {
    /// Why an issuer cannot be asked with what is configured.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// Builds what asks an issuer about tokens.
    ///
    /// - Parameters:
    ///   - wanted: What is configured.
    ///   - secrets: The secrets that it refers to.
    ///   - makesCallers: Whether answers become callers, rather than only the state of verified JWTs.
    /// - Returns: The provider, which has asked nothing yet.
    /// - Throws: ``Unusable`` if a secret is not what it must be.
    func introspection(
        _ wanted: ServerConfiguration.Provider.Introspection, _ secrets: ProviderSecrets, makesCallers: Bool
    ) throws -> IntrospectionProvider {
        let name = wanted.settings.name
        let client = try fetcher(wanted, secrets)
        let credential = wanted.credential
        let authentication: ClientAuthentication =
            if credential.method == .bearer, let url = credential.tokenURL, let method = credential.tokenMethod {
                .bearer(
                    ClientTokenSource(
                        url: url, client: try proof(method, credential, url, name, secrets), scope: credential.scope,
                        poster: FormPoster(client.with(policy: policy(wanted, url)))))
            } else {
                .client(try proof(credential.method, credential, credential.audience, name, secrets))
            }
        return IntrospectionProvider(
            wanted.settings, authentication: authentication, signed: signed(wanted, client), makesCallers: makesCallers,
            poster: FormPoster(client.with(policy: policy(wanted, wanted.settings.url))), fingerprint: fingerprint)
    }

    private func fetcher(
        _ wanted: ServerConfiguration.Provider.Introspection, _ secrets: ProviderSecrets
    ) throws -> HTTPFetcher {
        let name = wanted.settings.name
        func bytes(_ key: String) -> [UInt8]? { secrets.secret(name, key).map { $0.withBytes { Array($0) } } }
        var identity: HTTPFetcher.ClientIdentity?
        if wanted.credential.usesCertificate, let chain = bytes("client_certificate"), let key = bytes("client_key") {
            identity = HTTPFetcher.ClientIdentity(chain: chain, key: key)
        }
        guard identity != nil || wanted.trustRoots != nil else { return fetcher }
        let roots: HTTPFetcher.TrustRoots = bytes("ca").map { .pem($0) } ?? .system
        do throws(OutboundError) {
            return try fetcher.with(trustRoots: roots, identity: identity)
        } catch {
            throw Unusable(description: "providers.\(name): \(error)")
        }
    }

    private func proof(
        _ method: ServerConfiguration.Provider.OwnCredential.Method,
        _ credential: ServerConfiguration.Provider.OwnCredential, _ audience: String, _ name: String,
        _ secrets: ProviderSecrets
    ) throws -> ClientProof {
        let id = credential.clientID
        switch method {
        case .basic, .post:
            guard let secret = secrets.secret(name, "client_secret"), secret.count > 0 else {
                throw Unusable(description: "providers.\(name).client_secret: is empty")
            }
            return method == .basic ? .basic(clientID: id, secret) : .post(clientID: id, secret)
        case .assertion:
            let pem = secrets.secret(name, "client_key")?.withBytes { String(decoding: $0, as: UTF8.self) } ?? ""
            do throws(ClientAssertionKey.Unusable) {
                let key = try ClientAssertionKey(
                    pem: pem, keyID: credential.keyID, algorithm: credential.assertionAlgorithm)
                return .assertion(clientID: id, key, audience: audience)
            } catch {
                throw Unusable(description: "providers.\(name).client_key: \(error)")
            }
        case .certificate, .bearer: return .certificate(clientID: id)
        }
    }

    private func signed(
        _ wanted: ServerConfiguration.Provider.Introspection, _ client: HTTPFetcher
    ) -> SignedAnswers? {
        guard let source = wanted.signingKeys, let issuer = wanted.settings.issuer else { return nil }
        let address: String =
            switch source {
            case .url(let url): url
            case .discovery: issuer
            case .file: ""
            }
        let keys = KeySetRefresher(
            issuer: issuer, source: source, fetcher: DocumentFetcher(client.with(policy: policy(wanted, address))))
        return SignedAnswers(keys: keys, clientID: wanted.credential.clientID, algorithms: wanted.algorithms)
    }

    private func policy(_ wanted: ServerConfiguration.Provider.Introspection, _ address: String) -> OutboundPolicy {
        var policy = Self.policy(address, wanted.allowsInsecure)
        policy.deadline = wanted.timeout
        policy.connectTimeout = min(policy.connectTimeout, wanted.timeout)
        policy.maximumBodyBytes = 256 << 10
        return policy
    }
}

extension ServerConfiguration.Provider.OwnCredential {
    /// Whether connections show a client certificate.
    fileprivate var usesCertificate: Bool { method == .certificate || tokenMethod == .certificate }
}
