// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// The members of a JWS header that count, checked for form.
struct TokenHeader {
    let algorithm: String
    let keyID: String?
    let type: String?

    /// Checks everything about a header that does not depend on the provider.
    ///
    /// Thumbprints of certificates (`x5t`) are ignored: they name a key but supply none, and large identity providers
    /// send them in every token.
    init(_ header: JSONObject, allowsEmbeddedKey: Bool = false) throws(IdentityError) {
        guard header["crit"] == nil else { throw .tokenMalformed(.critical) }
        if let unencoded = header["b64"], unencoded.boolValue != true { throw .tokenMalformed(.unencoded) }
        let carriers = allowsEmbeddedKey ? ["jku", "x5u", "x5c"] : ["jwk", "jku", "x5u", "x5c"]
        guard !carriers.contains(where: { header[$0] != nil }) else { throw .tokenMalformed(.embeddedKey) }
        switch header["kid"] {
        case nil: keyID = nil
        case .string(let text): keyID = text
        case .null, .bool, .number, .array, .object: throw .tokenMalformed(.keyID)
        }
        switch header["typ"] {
        case nil: type = nil
        case .string(let text): type = text
        case .null, .bool, .number, .array, .object: throw .tokenTypeNotAccepted(issuer: "", type: "not a string")
        }
        guard case .string(let algorithm)? = header["alg"] else { throw .tokenMalformed(.header) }
        self.algorithm = algorithm
    }
}
