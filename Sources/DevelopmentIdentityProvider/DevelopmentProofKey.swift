// SPDX-License-Identifier: Apache-2.0
import Crypto
import Identity
import StrictJSON

/// A key for proofs of possession on a laptop (RFC 9449), kept as a private JWK.
package struct DevelopmentProofKey: Sendable {
    private let key: P256.Signing.PrivateKey

    /// Draws a new key.
    package init() { key = P256.Signing.PrivateKey() }

    /// Reads a private JWK of type EC on P-256; `nil` for anything else.
    package init?(jwk: [UInt8]) {
        guard let members = (try? JSONValue.parse(jwk))?.objectValue, members["crv"]?.stringValue == "P-256",
            let secret = members["d"]?.stringValue.flatMap({ Base64URL.decode($0) }),
            let key = try? P256.Signing.PrivateKey(rawRepresentation: secret)
        else { return nil }
        self.key = key
    }

    private var publicMembers: JSONObject {
        let point = Array(key.publicKey.rawRepresentation)
        var members = JSONObject()
        members["crv"] = "P-256"
        members["kty"] = "EC"
        members["x"] = .string(Base64URL.encode(point.prefix(32)))
        members["y"] = .string(Base64URL.encode(point.suffix(32)))
        return members
    }

    /// The private JWK, for a file that nobody else can read.
    package var jwk: [UInt8] {
        var members = publicMembers
        members["d"] = .string(Base64URL.encode(key.rawRepresentation))
        return JSONValue.object(members).canonicalBytes()
    }

    /// The thumbprint, as `cnf.jkt` names it (RFC 7638).
    package var thumbprint: String {
        Base64URL.encode(SHA256.hash(data: JSONValue.object(publicMembers).canonicalBytes()))
    }

    /// A proof for one request.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - url: The URL, query and fragment left out.
    ///   - token: The access token that goes with it; `nil` at the token endpoint.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: The value of the header field `DPoP`.
    package func proof(method: String, url: String, token: String?, now: Int64) -> String {
        let header: JSONValue = ["alg": "ES256", "typ": "dpop+jwt", "jwk": .object(publicMembers)]
        var claims = JSONObject()
        claims["htm"] = .string(method)
        claims["htu"] = .string(String(url.prefix { $0 != "?" && $0 != "#" }))
        claims["iat"] = .number(JSONNumber(now))
        claims["jti"] = .string(OpenIDProvider.random(16))
        if let token { claims["ath"] = .string(Base64URL.encode(SHA256.hash(data: Array(token.utf8)))) }
        let signed =
            Base64URL.encode(header.canonicalBytes()) + "."
            + Base64URL.encode(JSONValue.object(claims).canonicalBytes())
        guard let signature = try? key.signature(for: Array(signed.utf8)) else { return signed }
        return signed + "." + Base64URL.encode(signature.rawRepresentation)
    }
}
