// SPDX-License-Identifier: Apache-2.0
import StrictJSON

extension OpenIDProvider {
    /// Answers one request; never throws, never blocks.
    package func respond(to request: DevelopmentRequest) -> DevelopmentResponse {
        // A page elsewhere must not reach the provider under a name of its own (DNS rebinding).
        if let host = request.header("host"), !DevelopmentSettings.isLoopback("http://" + host) {
            return problem(421, "invalid_request", "the development provider answers on loopback names only")
        }
        guard request.path.hasPrefix(settings.basePath) else { return notFound }
        guard request.body.count <= 64 << 10 else { return problem(413, "invalid_request", "the body is too large") }
        switch (request.method, request.path.dropFirst(settings.basePath.count)) {
        case ("GET", "/.well-known/openid-configuration"): return json(200, discovery)
        case ("GET", "/jwks"): return DevelopmentResponse(200, "application/json", keySetDocument())
        case ("GET", "/authorize"): return loginPage(FormFields(request.query), failed: false)
        case ("POST", "/authorize"): return logIn(FormFields(body: request.body))
        case ("POST", "/token"): return issue(request)
        case ("POST", "/introspect"): return introspect(request)
        case ("POST", "/revoke"): return revoke(request)
        case ("GET", "/userinfo"): return userInfo(request)
        case ("POST", "/dev/rotate"):
            rotateKeys()
            return DevelopmentResponse(204, "text/plain", [])
        case ("POST", "/dev/token"): return make(request)
        default: return notFound
        }
    }

    private var discovery: JSONValue {
        let base = settings.baseURL
        return [
            "issuer": .string(settings.issuer), "jwks_uri": .string(base + "/jwks"),
            "authorization_endpoint": .string(base + "/authorize"), "token_endpoint": .string(base + "/token"),
            "introspection_endpoint": .string(base + "/introspect"), "revocation_endpoint": .string(base + "/revoke"),
            "userinfo_endpoint": .string(base + "/userinfo"),
            "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
            "scopes_supported": ["openid"], "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "RS256", "PS256"],
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"], "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        ]
    }

    /// What `dev token` asks for: `{"subject","client_id","audience","scopes":[],"lifetime","claims":{}}`, all optional.
    private func make(_ request: DevelopmentRequest) -> DevelopmentResponse {
        guard let wish = (try? JSONValue.parse(request.body))?.objectValue else {
            return problem(400, "invalid_request", "the body must be a JSON object")
        }
        let token = token(
            TokenRequest(
                subject: wish["subject"]?.stringValue ?? "developer", clientID: wish["client_id"]?.stringValue,
                audience: wish["audience"]?.stringValue,
                scopes: wish["scopes"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                lifetime: wish["lifetime"]?.int64Value, claims: wish["claims"]?.objectValue ?? JSONObject()))
        return json(200, ["access_token": .string(token), "token_type": "Bearer"])
    }

    // MARK: Answers

    var notFound: DevelopmentResponse { problem(404, "not_found", "no such endpoint") }

    func json(_ status: Int, _ value: JSONValue) -> DevelopmentResponse {
        DevelopmentResponse(status, "application/json", value.canonicalBytes())
    }

    func problem(_ status: Int, _ error: String, _ text: String) -> DevelopmentResponse {
        json(status, ["error": .string(error), "error_description": .string(text)])
    }
}
