// SPDX-License-Identifier: Apache-2.0
import Crypto
import Identity
import StrictJSON
import Synchronization

extension OpenIDProvider {
    /// The token endpoint (RFC 6749, sections 4.1.3 and 4.4).
    func issue(_ request: DevelopmentRequest) -> DevelopmentResponse {
        let form = FormFields(body: request.body)
        guard let client = client(request, form) else {
            return problem(401, "invalid_client", "unknown client or wrong secret")
        }
        switch form["grant_type"] {
        case "client_credentials"?:
            guard client.secret != nil else { return problem(400, "unauthorized_client", "the client is public") }
            guard let scopes = scopes(form["scope"], of: client) else {
                return problem(400, "invalid_scope", "the client may not ask for this scope")
            }
            return answer(
                TokenRequest(subject: client.id, clientID: client.id, scopes: scopes, claims: client.claims))
        case "authorization_code"?: return redeem(form, client)
        default:
            return problem(400, "unsupported_grant_type", "use client_credentials or authorization_code")
        }
    }

    /// Exchanges a code once, against the verifier of its challenge (RFC 7636, section 4.6).
    private func redeem(_ form: FormFields, _ client: DevelopmentSettings.Client) -> DevelopmentResponse {
        let grant = form["code"].flatMap { code in state.withLock { $0.grants.removeValue(forKey: code) } }
        let challenge = form["code_verifier"].map { Base64URL.encode(SHA256.hash(data: Array($0.utf8))) }
        guard let grant, grant.clientID == client.id, grant.redirect == form["redirect_uri"],
            grant.challenge == challenge, now() < grant.expiresAt
        else { return problem(400, "invalid_grant", "the code, its verifier or its redirect does not fit") }
        let claims = settings.users.first { $0.name == grant.user }?.claims ?? JSONObject()
        return answer(TokenRequest(subject: grant.user, clientID: client.id, scopes: grant.scopes, claims: claims))
    }

    private func answer(_ request: TokenRequest) -> DevelopmentResponse {
        json(
            200,
            [
                "access_token": .string(token(request)), "token_type": "Bearer",
                "expires_in": .number(JSONNumber(settings.lifetime)),
                "scope": .string(request.scopes.joined(separator: " ")),
            ])
    }

    /// The introspection endpoint (RFC 7662); only confidential clients may ask.
    func introspect(_ request: DevelopmentRequest) -> DevelopmentResponse {
        let form = FormFields(body: request.body)
        guard client(request, form)?.secret != nil else {
            return problem(401, "invalid_client", "unknown client or wrong secret")
        }
        guard let claims = form["token"].flatMap(verifiedClaims), let expiry = claims["exp"]?.int64Value,
            now() < expiry, let id = claims["jti"]?.stringValue, !state.withLock({ $0.revoked.contains(id) })
        else { return json(200, ["active": false]) }
        var answer = claims
        answer["active"] = true
        answer["token_type"] = "Bearer"
        return json(200, .object(answer))
    }

    /// The revocation endpoint (RFC 7009): 200 whether or not the token was known.
    func revoke(_ request: DevelopmentRequest) -> DevelopmentResponse {
        let form = FormFields(body: request.body)
        guard client(request, form) != nil else {
            return problem(401, "invalid_client", "unknown client or wrong secret")
        }
        if let id = form["token"].flatMap(verifiedClaims)?["jti"]?.stringValue {
            state.withLock { _ = $0.revoked.insert(id) }
        }
        return DevelopmentResponse(200, "application/json", Array("{}".utf8))
    }

    /// The claims of a token that one of the published keys signed.
    private func verifiedClaims(_ token: String) -> JSONObject? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let payload = Base64URL.decode(parts[1]), let bytes = Base64URL.decode(parts[2]),
            let signature = try? P256.Signing.ECDSASignature(rawRepresentation: bytes)
        else { return nil }
        let signed = Array("\(parts[0]).\(parts[1])".utf8)
        let keys = state.withLock { $0.keys }
        guard keys.contains(where: { $0.key.publicKey.isValidSignature(signature, for: signed) }) else { return nil }
        return (try? JSONValue.parse(payload))?.objectValue
    }

    /// The client by HTTP Basic or by form fields (RFC 6749, section 2.3.1).
    private func client(_ request: DevelopmentRequest, _ form: FormFields) -> DevelopmentSettings.Client? {
        var (id, secret) = (form["client_id"], form["client_secret"])
        if let header = request.header("authorization"), header.lowercased().hasPrefix("basic ") {
            let encoded = header.dropFirst(6).filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }
            let pair = Base64URL.decode(String(encoded)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let parts = pair.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            (id, secret) = (FormFields.decode(parts[0]), FormFields.decode(parts[1]))
        }
        return settings.clients.first { $0.id == id && $0.secret == secret }
    }

    /// The scopes asked for if the client may have all of them; its own list if it asks for none.
    func scopes(_ wanted: String?, of client: DevelopmentSettings.Client) -> [String]? {
        let names = (wanted ?? "").split(separator: " ").map(String.init)
        guard !names.isEmpty else { return client.scopes }
        return names.allSatisfy { client.scopes.contains($0) || $0 == "openid" } ? names : nil
    }
}
