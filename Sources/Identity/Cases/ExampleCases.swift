// SPDX-License-Identifier: Apache-2.0
import Crypto
import StrictJSON

/// The section `rfc`: the examples of RFC 7515, 7520, 7636, 7638, 8037 and 9449.
enum ExampleCases {
    static func run(_ fields: JSONObject, _ report: inout TokenCaseRunner.Report) {
        let id = fields["id"]?.stringValue ?? "?"
        if let thumbprint = fields["thumbprint"]?.stringValue {
            let key = fields["key"]?.objectValue.flatMap { try? VerificationKey(jwk: publicPart($0)) }
            report.expect(thumbprint, key?.thumbprint ?? "no key", id)
        } else if let hash = fields["ath"]?.stringValue, let token = fields["access_token"]?.stringValue {
            report.expect(hash, ProofVerifier.accessTokenHash(token), id)
        } else if let challenge = fields["code_challenge"]?.stringValue,
            let verifier = fields["code_verifier"]?.stringValue
        {
            report.expect(challenge, Base64URL.encode(SHA256.hash(verifier.utf8Span.span)), id)
        } else {
            let expected = fields["expect"]?.stringValue ?? "?"
            let isValid = signature(fields)
            let word =
                ["accept", "reject"].contains(expected)
                ? ["reject", "accept"] : ["signature-invalid", "signature-valid"]
            report.expect(expected, word[isValid ? 1 : 0], id)
        }
    }

    /// The standards print some of their keys whole.
    private static func publicPart(_ jwk: JSONObject) -> JSONObject {
        var part = JSONObject()
        let isSymmetric = jwk["kty"]?.stringValue == "oct"
        for member in jwk.members where isSymmetric || !["d", "p", "q", "dp", "dq", "qi", "oth"].contains(member.key) {
            part[member.key] = member.value
        }
        return part
    }

    private static func signature(_ fields: JSONObject) -> Bool {
        guard let token = fields["token"]?.stringValue, let jwk = fields["key"]?.objectValue,
            let algorithm = fields["alg"]?.stringValue
        else { return false }
        return SignatureCase.isValid(token, keys: [.object(publicPart(jwk))], only: algorithm)
    }
}

/// A signature alone: no claims, no clock.
enum SignatureCase {
    /// Whether a token's signature verifies with one of the keys, chosen as the verifier that serves chooses it.
    static func isValid(_ token: String, keys: [JSONValue], only expected: String? = nil) -> Bool {
        var document = JSONObject()
        document["keys"] = .array(keys)
        let bytes = token.utf8Span.span
        guard let set = try? KeySet(.object(document), allowsSymmetric: true),
            let compact = try? CompactToken(bytes, maximumBytes: 64 << 10),
            let header = try? TokenHeader(compact.header, allowsEmbeddedKey: expected != nil),
            let algorithm = SignatureAlgorithm(name: header.algorithm),
            expected == nil || expected == algorithm.rawValue
        else { return false }
        guard let key = try? set.key(for: set.namesKeys ? header.keyID : nil, algorithm, issuer: "") else {
            return false
        }
        return key.isValid(compact.signature, over: bytes.extracting(0..<compact.signedByteCount), algorithm)
    }
}

extension KeySet {
    /// Whether any key has a name; examples often show bare keys.
    fileprivate var namesKeys: Bool { keys.contains { $0.keyID != nil } }
}
