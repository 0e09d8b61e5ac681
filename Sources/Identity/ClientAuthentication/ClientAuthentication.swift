// SPDX-License-Identifier: Apache-2.0

/// How this service proves to an issuer which client it is (RFC 6749, section 2.3; RFC 7523; RFC 8705).
public enum ClientProof: Sendable {
    /// User and password of HTTP Basic, each form-encoded first (RFC 6749, section 2.3.1).
    case basic(clientID: String, Secret)
    /// Client id and secret in the form.
    case post(clientID: String, Secret)
    /// A signed assertion in the form (`private_key_jwt`).
    case assertion(clientID: String, ClientAssertionKey, audience: String)
    /// The client certificate of the connection; the form names the client.
    case certificate(clientID: String)

    /// Adds the proof to a form.
    func apply(to form: inout FormPoster.Form, now: Int64) throws(IntrospectionFailure) {
        switch self {
        case .basic(let clientID, let secret):
            let password = secret.withBytes { PercentEncoding.encode(String(decoding: $0, as: UTF8.self)) }
            let pair = Self.base64("\(PercentEncoding.encode(clientID)):\(password)")
            form.headers.append(("Authorization", "Basic \(pair)"))
        case .post(let clientID, let secret):
            form.fields.append(("client_id", clientID))
            form.fields.append(("client_secret", secret.withBytes { String(decoding: $0, as: UTF8.self) }))
        case .assertion(let clientID, let key, let audience):
            guard let assertion = key.assertion(of: clientID, for: audience, now: now) else {
                throw .ownCredential("the assertion cannot be signed")
            }
            form.fields.append(("client_id", clientID))
            form.fields.append(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
            form.fields.append(("client_assertion", assertion))
        case .certificate(let clientID): form.fields.append(("client_id", clientID))
        }
    }

    /// Base64 with padding (RFC 4648, section 4).
    private static func base64(_ text: String) -> String {
        let plain = Base64URL.encode(text.utf8).map { character -> Character in
            switch character {
            case "-": "+"
            case "_": "/"
            default: character
            }
        }
        return String(plain) + String(repeating: "=", count: (4 - plain.count % 4) % 4)
    }
}

/// How this service may ask an issuer.
public enum ClientAuthentication: Sendable {
    /// As a client, proven with every call.
    case client(ClientProof)
    /// With a token that this service gets for itself.
    case bearer(ClientTokenSource)

    /// Adds the proof to a form.
    ///
    /// - Throws: Whatever kept a token of this service's own from being had.
    func apply(to form: inout FormPoster.Form, now: Int64) async throws(IntrospectionFailure) {
        switch self {
        case .client(let proof): try proof.apply(to: &form, now: now)
        case .bearer(let source):
            let token = try await source.token(now: now)
            form.headers.append(("Authorization", token.withBytes { "Bearer " + String(decoding: $0, as: UTF8.self) }))
        }
    }

    /// Drops a token of this service's own that the issuer no longer takes; returns whether there was one.
    func discardToken() -> Bool {
        switch self {
        case .bearer(let source): source.discard()
        case .client: false
        }
    }
}
