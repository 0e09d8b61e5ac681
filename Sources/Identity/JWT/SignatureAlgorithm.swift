// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// The signature algorithms that a provider may be allowed to use (RFC 7518, section 3.1; RFC 8037).
///
/// `none` is not among them. The HMAC algorithms exist for files of test cases; ``ProviderConfiguration`` refuses them.
public enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// ECDSA with P-256 and SHA-256.
    case es256 = "ES256"
    /// ECDSA with P-384 and SHA-384.
    case es384 = "ES384"
    /// ECDSA with P-521 and SHA-512.
    case es512 = "ES512"
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    case rs384 = "RS384"
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    case rs512 = "RS512"
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    case ps256 = "PS256"
    /// RSASSA-PSS with SHA-384 and a salt of 48 bytes.
    case ps384 = "PS384"
    /// RSASSA-PSS with SHA-512 and a salt of 64 bytes.
    case ps512 = "PS512"
    /// Ed25519.
    case edDSA = "EdDSA"
    /// HMAC with SHA-256: test cases only.
    case hs256 = "HS256"
    /// HMAC with SHA-384: test cases only.
    case hs384 = "HS384"
    /// HMAC with SHA-512: test cases only.
    case hs512 = "HS512"

    /// The algorithm of exactly this name; case counts.
    public init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.rawValue.isSameBytes(as: name) }) else { return nil }
        self = match
    }

    /// Whether verifier and signer share one secret.
    public var isSymmetric: Bool {
        switch self {
        case .hs256, .hs384, .hs512: true
        case .es256, .es384, .es512, .rs256, .rs384, .rs512, .ps256, .ps384, .ps512, .edDSA: false
        }
    }

    /// The algorithms with a public key, which a provider may list.
    public static let asymmetric = allCases.filter { !$0.isSymmetric }
}
