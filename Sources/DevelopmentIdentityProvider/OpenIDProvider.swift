// SPDX-License-Identifier: Apache-2.0
import Crypto
import Identity
package import StrictJSON
import Synchronization

/// A throw-away OpenID provider for laptops and tests: real protocol, no persistence, keys made at start.
///
/// Requests go in, answers come out; whoever binds it to a listener must bind to loopback, and an issuer elsewhere is
/// refused here.
package final class OpenIDProvider: Sendable {
    /// The issuer is not on this machine.
    package struct NotLoopback: Error, CustomStringConvertible {
        package let issuer: String
        package var description: String {
            "`\(issuer)` is not on this machine; the development provider works on loopback only"
        }
    }

    /// What a token is to say.
    package struct TokenRequest: Sendable {
        package var subject: String
        package var clientID: String?
        package var audience: String?
        package var scopes: [String]
        /// Seconds from now; zero or less makes a token that has expired already.
        package var lifetime: Int64?
        /// Further claims; they win over those above.
        package var claims: JSONObject

        package init(
            subject: String, clientID: String? = nil, audience: String? = nil, scopes: [String] = [],
            lifetime: Int64? = nil, claims: JSONObject = JSONObject()
        ) {
            self.subject = subject
            self.clientID = clientID
            self.audience = audience
            self.scopes = scopes
            self.lifetime = lifetime
            self.claims = claims
        }
    }

    struct SigningKey: Sendable {
        let id: String
        let key: P256.Signing.PrivateKey
    }

    struct Grant: Sendable {
        let clientID: String
        let redirect: String
        let challenge: String
        let user: String
        let scopes: [String]
        let nonce: String?
        let expiresAt: Int64
    }

    /// What a refresh token stands for.
    struct Refresh: Sendable {
        let clientID: String
        let user: String
        let scopes: [String]
        /// The key that it is bound to, for public clients that proved one (RFC 9449, section 5).
        let thumbprint: String?
        let expiresAt: Int64
    }

    struct State {
        var keys: [SigningKey]
        var grants: [String: Grant] = [:]
        var refreshes: [String: Refresh] = [:]
        /// The claims of opaque access tokens.
        var opaque: [String: JSONObject] = [:]
        var revoked: Set<String> = []
    }

    /// Proofs of possession that came to the token endpoint.
    let usedProofs = ReplayMemory(capacity: 4096)

    let settings: DevelopmentSettings
    let now: @Sendable () -> Int64
    let state: Mutex<State>

    /// Makes a provider with one fresh ES256 key.
    package init(_ settings: DevelopmentSettings, now: @escaping @Sendable () -> Int64) throws(NotLoopback) {
        guard settings.isLoopback else { throw NotLoopback(issuer: settings.issuer) }
        self.settings = settings
        self.now = now
        state = Mutex(State(keys: [Self.newKey()]))
    }

    /// Signs with a new key from now on; the one before stays published, older ones go.
    package func rotateKeys() {
        state.withLock { $0.keys = [Self.newKey()] + $0.keys.prefix(1) }
    }

    /// Makes an access token: a JWT signed with the newest key (RFC 9068), or random text.
    package func token(_ request: TokenRequest) -> String {
        let claims = claims(of: request)
        guard settings.opaqueTokens else { return sign(claims, type: "at+jwt") }
        let token = Self.random(32)
        let moment = now()
        state.withLock { state in
            state.opaque = state.opaque.filter { moment < $0.value["exp"]?.int64Value ?? 0 }
            state.opaque[token] = claims
        }
        return token
    }

    private func claims(of request: TokenRequest) -> JSONObject {
        let moment = now()
        var claims = JSONObject()
        claims["iss"] = .string(settings.issuer)
        claims["sub"] = .string(request.subject)
        claims["aud"] = .string(request.audience ?? settings.audience)
        claims["iat"] = .number(JSONNumber(min(moment, moment &+ (request.lifetime ?? settings.lifetime) &- 1)))
        claims["exp"] = .number(JSONNumber(moment &+ (request.lifetime ?? settings.lifetime)))
        claims["jti"] = .string(Self.random(16))
        if let client = request.clientID { claims["client_id"] = .string(client) }
        if !request.scopes.isEmpty { claims["scope"] = .string(request.scopes.joined(separator: " ")) }
        for member in request.claims.members { claims[member.key] = member.value }
        return claims
    }

    /// Signs claims with the newest key.
    func sign(_ claims: JSONObject, type: String) -> String {
        let key = state.withLock { $0.keys[0] }
        let header: JSONValue = ["alg": "ES256", "kid": .string(key.id), "typ": .string(type)]
        let signed =
            Base64URL.encode(header.canonicalBytes()) + "."
            + Base64URL.encode(JSONValue.object(claims).canonicalBytes())
        guard let signature = try? key.key.signature(for: Array(signed.utf8)) else { return signed }
        return signed + "." + Base64URL.encode(signature.rawRepresentation)
    }

    /// The published keys as a JWKS document.
    package func keySetDocument() -> [UInt8] {
        let keys = state.withLock { $0.keys }
        let entries: [JSONValue] = keys.map { entry in
            let point = Array(entry.key.publicKey.rawRepresentation)
            return [
                "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": .string(entry.id),
                "x": .string(Base64URL.encode(point.prefix(32))), "y": .string(Base64URL.encode(point.suffix(32))),
            ]
        }
        return (["keys": .array(entries)] as JSONValue).canonicalBytes()
    }

    private static func newKey() -> SigningKey {
        SigningKey(id: "dev-" + random(6), key: P256.Signing.PrivateKey())
    }

    static func random(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return Base64URL.encode((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}
