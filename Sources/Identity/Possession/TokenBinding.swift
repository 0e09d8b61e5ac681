// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON

/// To which key or certificate a credential is bound, so that whoever merely holds it cannot use it (RFC 7800, `cnf`).
public struct TokenBinding: Sendable, Hashable {
    /// The thumbprint of the key of which a proof must come with the credential (`cnf.jkt`, RFC 9449, section 6.1).
    public var keyThumbprint: String?
    /// SHA-256 of the certificate that the caller must have presented, in base64url (`cnf.x5t#S256`, RFC 8705, section 3.1).
    public var certificateThumbprint: String?
    /// Whether the provider accepts bound credentials only.
    public var isRequired: Bool

    /// A credential that is bound to nothing, and need not be.
    public static let none = TokenBinding()

    /// Makes a binding.
    public init(keyThumbprint: String? = nil, certificateThumbprint: String? = nil, isRequired: Bool = false) {
        self.keyThumbprint = keyThumbprint
        self.certificateThumbprint = certificateThumbprint
        self.isRequired = isRequired
    }

    /// Whether it is bound to something.
    public var isBound: Bool { keyThumbprint != nil || certificateThumbprint != nil }

    /// Reads the binding of verified claims.
    ///
    /// A confirmation of a kind that is not known refuses the token: it is not a bearer token, and nothing here can tell
    /// whether its holder may use it.
    init(claims: JSONObject, isRequired: Bool) throws(IdentityError) {
        self.isRequired = isRequired
        guard let confirmation = claims["cnf"] else { return }
        guard let members = confirmation.objectValue else { throw .claimNotAccepted(name: "cnf", .wrongType) }
        keyThumbprint = try Self.text(members, "jkt")
        certificateThumbprint = try Self.text(members, "x5t#S256")
        guard isBound else { throw .claimNotAccepted(name: "cnf", .notAccepted) }
    }

    private static func text(_ members: JSONObject, _ name: String) throws(IdentityError) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.stringValue, !text.isEmpty else { throw .claimNotAccepted(name: "cnf", .wrongType) }
        return text
    }
}
