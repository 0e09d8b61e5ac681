// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Identity

/// An issuer with one ES256 key, and tokens that differ from one another.
struct Tokens {
    static let now: Int64 = 1_800_000_000
    static let issuer = "https://idp.example.test/"

    let key = P256.Signing.PrivateKey()
    /// Complete tokens.
    var texts: [String] = []
    /// What is signed, and the signature, for the crypto library alone.
    var signed: [(input: [UInt8], signature: P256.Signing.ECDSASignature)] = []

    init(_ count: Int) throws {
        let header = Self.base64URL(Array(#"{"alg":"ES256","kid":"k1","typ":"at+jwt"}"#.utf8))
        for index in 0..<count {
            let claims = """
                {"iss":"\(Self.issuer)","sub":"user-\(index)","aud":"orders-api","exp":\(Self.now + 600),\
                "iat":\(Self.now - 10),"jti":"\(index)-4f1c","client_id":"web","scope":"orders.read orders.write",\
                "roles":["orders.reader","orders.writer"],"groups":["staff","emea"],"email":"user-\(index)@example.test"}
                """
            let input = Array((header + "." + Self.base64URL(Array(claims.utf8))).utf8)
            let signature = try key.signature(for: input)
            signed.append((input, signature))
            texts.append(
                String(decoding: input, as: UTF8.self) + "." + Self.base64URL(Array(signature.rawRepresentation)))
        }
    }

    /// The issuer's key set.
    var document: [UInt8] {
        let point = Array(key.publicKey.rawRepresentation)
        let (x, y) = (Self.base64URL(Array(point.prefix(32))), Self.base64URL(Array(point.suffix(32))))
        return Array(#"{"keys":[{"kty":"EC","crv":"P-256","kid":"k1","use":"sig","x":"\#(x)","y":"\#(y)"}]}"#.utf8)
    }

    func selection() async throws -> ProviderSelection {
        let document = document
        let keys = KeySetRefresher(
            issuer: Self.issuer, source: .url("https://idp.example.test/jwks"),
            fetcher: DocumentFetcher { _ in FetchedDocument(body: document) },
            clock: KeyClock(now: { Self.now }, sleep: { _ in }))
        await keys.load()
        let configuration = ProviderConfiguration(name: "acme", issuer: Self.issuer, audiences: ["orders-api"])
        return try ProviderSelection([try TokenProvider(configuration, keys: keys)])
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }
}

/// A verifier whose cache is empty and holds so many tokens.
func verifier(capacity: Int) -> TokenVerifier {
    TokenVerifier(
        cache: VerifiedTokenCache(capacity: capacity),
        fingerprint: CredentialFingerprint(key: Secret([UInt8](repeating: 7, count: 32))))
}
