// SPDX-License-Identifier: Apache-2.0

/// What a caller presents to prove who it is, taken out of the request and not verified yet.
public enum Credential: Sendable, Hashable {
    /// A bearer token (RFC 6750): a JWT, an opaque token or an API key; its form tells which.
    case bearer(String)
    /// User and password as HTTP Basic carries them (RFC 7617): the base64 behind the scheme.
    case basic(String)
    /// A token that comes with a proof of possession: `Authorization: DPoP …` (RFC 9449, section 7.1).
    case proven(String)
    /// The certificate that the caller presented to the gateway, which hands it over.
    case certificate
    /// A request that is signed with keys of AWS IAM and was verified by the gateway, which says whose it is.
    case awsRequest
}
