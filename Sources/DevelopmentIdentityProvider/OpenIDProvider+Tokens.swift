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
        let thumbprint: String?
        do throws(IdentityError) {
            thumbprint = try provenKey(request)
        } catch {
            return problem(400, "invalid_dpop_proof", error.description)
        }
        switch form["grant_type"] {
        case "client_credentials"?:
            guard client.secret != nil else { return problem(400, "unauthorized_client", "the client is public") }
            guard let scopes = scopes(form["scope"], of: client) else {
                return problem(400, "invalid_scope", "the client may not ask for this scope")
            }
            return answer(
                TokenRequest(subject: client.id, clientID: client.id, scopes: scopes, claims: client.claims), thumbprint
            )
        case "authorization_code"?: return redeem(form, client, thumbprint)
        case "refresh_token"?: return refresh(form, client, thumbprint)
        default:
            return problem(
                400, "unsupported_grant_type", "use client_credentials, authorization_code or refresh_token")
        }
    }

    /// The key of which a proof came with the request; `nil` if none did (RFC 9449, section 5).
    private func provenKey(_ request: DevelopmentRequest) throws(IdentityError) -> String? {
        guard let text = request.header("dpop") else { return nil }
        let moment = now()
        let wanted = ProofVerifier.Request(method: "POST", url: settings.baseURL + "/token")
        let proof = try ProofVerifier(maximumAge: 60).verify(text, for: wanted, now: moment)
        switch usedProofs.use(proof.id, of: proof.thumbprint, until: moment &+ 120, now: moment) {
        case .first: return proof.thumbprint
        case .repeated: throw .proofReplayed
        case .full: throw .tooManyProofs
        }
    }

    /// Exchanges a code once, against the verifier of its challenge (RFC 7636, section 4.6).
    private func redeem(
        _ form: FormFields, _ client: DevelopmentSettings.Client, _ thumbprint: String?
    ) -> DevelopmentResponse {
        let grant = form["code"].flatMap { code in state.withLock { $0.grants.removeValue(forKey: code) } }
        let challenge = form["code_verifier"].map { Base64URL.encode(SHA256.hash(data: Array($0.utf8))) }
        guard let grant, grant.clientID == client.id, grant.redirect == form["redirect_uri"],
            grant.challenge == challenge, now() < grant.expiresAt
        else { return problem(400, "invalid_grant", "the code, its verifier or its redirect does not fit") }
        return answer(client, user: grant.user, scopes: grant.scopes, nonce: grant.nonce, thumbprint)
    }

    /// Exchanges a refresh token for new tokens, a new refresh token included; the old one counts no more.
    private func refresh(
        _ form: FormFields, _ client: DevelopmentSettings.Client, _ thumbprint: String?
    ) -> DevelopmentResponse {
        let known = form["refresh_token"].flatMap { token in state.withLock { $0.refreshes.removeValue(forKey: token) }
        }
        guard let known, known.clientID == client.id, now() < known.expiresAt,
            known.thumbprint == nil || known.thumbprint == thumbprint
        else { return problem(400, "invalid_grant", "the refresh token does not fit, or was used before") }
        let wanted = (form["scope"] ?? "").split(separator: " ").map(String.init)
        guard wanted.allSatisfy({ known.scopes.contains($0) }) else {
            return problem(400, "invalid_scope", "a refresh cannot widen the scope")
        }
        return answer(client, user: known.user, scopes: wanted.isEmpty ? known.scopes : wanted, nonce: nil, thumbprint)
    }

    /// Tokens of a user: access, refresh, and an ID token if `openid` was asked for.
    private func answer(
        _ client: DevelopmentSettings.Client, user: String, scopes: [String], nonce: String?, _ thumbprint: String?
    ) -> DevelopmentResponse {
        let claims = settings.users.first { $0.name == user }?.claims ?? JSONObject()
        let moment = now()
        let refresh = Self.random(32)
        state.withLock { state in
            state.refreshes = state.refreshes.filter { moment < $0.value.expiresAt }
            state.refreshes[refresh] = Refresh(
                clientID: client.id, user: user, scopes: scopes,
                thumbprint: client.secret == nil ? thumbprint : nil, expiresAt: moment &+ 86_400)
        }
        var more = JSONObject()
        more["refresh_token"] = .string(refresh)
        if scopes.contains("openid") {
            var identity = claims
            identity["iss"] = .string(settings.issuer)
            identity["sub"] = .string(user)
            identity["aud"] = .string(client.id)
            identity["iat"] = .number(JSONNumber(moment))
            identity["exp"] = .number(JSONNumber(moment &+ settings.lifetime))
            if let nonce { identity["nonce"] = .string(nonce) }
            more["id_token"] = .string(sign(identity, type: "JWT"))
        }
        let request = TokenRequest(subject: user, clientID: client.id, scopes: scopes, claims: claims)
        return answer(request, thumbprint, more)
    }

    private func answer(
        _ request: TokenRequest, _ thumbprint: String?, _ more: JSONObject = JSONObject()
    ) -> DevelopmentResponse {
        var request = request
        if let thumbprint { request.claims["cnf"] = ["jkt": .string(thumbprint)] }
        var members = more
        members["access_token"] = .string(token(request))
        members["token_type"] = thumbprint == nil ? "Bearer" : "DPoP"
        members["expires_in"] = .number(JSONNumber(settings.lifetime))
        members["scope"] = .string(request.scopes.joined(separator: " "))
        return json(200, .object(members))
    }

    /// What an access token says of its user (OpenID Connect Core, section 5.3).
    func userInfo(_ request: DevelopmentRequest) -> DevelopmentResponse {
        let header = request.header("authorization") ?? ""
        guard header.lowercased().hasPrefix("bearer "), let claims = activeClaims(String(header.dropFirst(7))),
            claims["cnf"] == nil, let subject = claims["sub"]
        else { return problem(401, "invalid_token", "send a bearer token of this provider that is still active") }
        let name = subject.stringValue ?? ""
        var answer = settings.users.first { $0.name == name }?.claims ?? JSONObject()
        answer["sub"] = subject
        return json(200, .object(answer))
    }

    /// The introspection endpoint (RFC 7662); only confidential clients may ask.
    func introspect(_ request: DevelopmentRequest) -> DevelopmentResponse {
        let form = FormFields(body: request.body)
        guard client(request, form)?.secret != nil else {
            return problem(401, "invalid_client", "unknown client or wrong secret")
        }
        guard let claims = form["token"].flatMap(activeClaims) else { return json(200, ["active": false]) }
        var answer = claims
        answer["active"] = true
        answer["token_type"] = claims["cnf"] == nil ? "Bearer" : "DPoP"
        return json(200, .object(answer))
    }

    /// The revocation endpoint (RFC 7009): 200 whether or not the token was known.
    func revoke(_ request: DevelopmentRequest) -> DevelopmentResponse {
        let form = FormFields(body: request.body)
        guard client(request, form) != nil else {
            return problem(401, "invalid_client", "unknown client or wrong secret")
        }
        guard let token = form["token"] else { return problem(400, "invalid_request", "`token` is missing") }
        state.withLock { $0.refreshes[token] = nil }
        if let id = verifiedClaims(token)?["jti"]?.stringValue {
            state.withLock { _ = $0.revoked.insert(id) }
        }
        return DevelopmentResponse(200, "application/json", Array("{}".utf8))
    }

    /// The claims of a token that has neither expired nor been revoked.
    private func activeClaims(_ token: String) -> JSONObject? {
        guard let claims = verifiedClaims(token), let expiry = claims["exp"]?.int64Value, now() < expiry,
            let id = claims["jti"]?.stringValue, !state.withLock({ $0.revoked.contains(id) })
        else { return nil }
        return claims
    }

    /// The claims of a token that one of the published keys signed, or of an opaque one.
    private func verifiedClaims(_ token: String) -> JSONObject? {
        if let claims = state.withLock({ $0.opaque[token] }) { return claims }
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
