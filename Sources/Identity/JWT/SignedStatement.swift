// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON

/// What a JWT must look like that states something without being a credential: an answer to a question (RFC 9701) or a
/// security event (RFC 8417).
///
/// Such a JWT has its own `typ`, so that no access token passes for it, and need not expire.
public struct StatementRules: Sendable, Hashable {
    /// The `iss`, compared byte for byte.
    public var issuer: String
    /// The `aud` values of which one must be there.
    public var audiences: [String]
    /// The algorithms that the issuer may use.
    public var algorithms: [SignatureAlgorithm]
    /// The `typ`, without `application/`; it must be there.
    public var type: String
    /// How old `iat` may be, in seconds.
    public var maximumAge: Int64
    /// The clock difference to tolerate, in seconds.
    public var clockSkew: Int64

    /// Makes rules.
    public init(
        issuer: String, audiences: [String], algorithms: [SignatureAlgorithm] = SignatureAlgorithm.asymmetric,
        type: String, maximumAge: Int64, clockSkew: Int64 = 30
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.algorithms = algorithms.filter { !$0.isSymmetric }
        self.type = type
        self.maximumAge = maximumAge
        self.clockSkew = clockSkew
    }

    /// Verifies a statement.
    ///
    /// - Parameters:
    ///   - bytes: The compact JWS.
    ///   - keys: The issuer's keys.
    ///   - maximumBytes: The longest statement.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: The claims.
    /// - Throws: ``IdentityError`` with the first reason not to believe the statement.
    func verify(
        _ bytes: Span<UInt8>, keys: KeySet, maximumBytes: Int, now: Int64
    ) throws(IdentityError) -> JSONObject {
        let token = try CompactToken(bytes, maximumBytes: maximumBytes)
        let claims = try token.claims()
        let header = try TokenHeader(token.header)
        guard let named = header.type,
            named.equalsIgnoringASCIICase(type) || named.equalsIgnoringASCIICase("application/" + type)
        else { throw .tokenTypeNotAccepted(issuer: issuer, type: header.type.map { String($0.prefix(64)) }) }
        guard let algorithm = SignatureAlgorithm(name: header.algorithm), algorithms.contains(algorithm) else {
            throw .algorithmNotAccepted(issuer: issuer, algorithm: String(header.algorithm.prefix(64)))
        }
        let key = try keys.key(for: header.keyID, algorithm, issuer: issuer)
        guard key.isValid(token.signature, over: bytes.extracting(0..<token.signedByteCount), algorithm) else {
            throw .signatureNotValid(issuer: issuer)
        }
        guard let named = claims["iss"]?.stringValue, named.isSameBytes(as: issuer) else {
            throw .issuerNotAccepted(issuer: claims["iss"]?.stringValue.map { String($0.prefix(256)) })
        }
        guard Self.names(claims["aud"]).contains(where: { name in audiences.contains { $0.isSameBytes(as: name) } })
        else { throw .audienceNotAccepted(issuer: issuer) }
        try check(times: claims, now)
        return claims
    }

    private func check(times claims: JSONObject, _ now: Int64) throws(IdentityError) {
        guard let issued = claims["iat"]?.numberValue.flatMap(Self.seconds) else {
            throw .claimNotAccepted(name: "iat", claims["iat"] == nil ? .missing : .wrongType)
        }
        guard issued <= now.addingReportingOverflow(clockSkew).partialValue else {
            throw .tokenNotYetValid(validFrom: issued)
        }
        guard now.subtractingReportingOverflow(issued).partialValue <= maximumAge + clockSkew else {
            throw .tokenExpired(expiresAt: issued.addingReportingOverflow(maximumAge).partialValue)
        }
        guard claims["exp"] != nil else { return }
        try TokenLifetime(claims: claims).validate(at: now, skew: clockSkew)
    }

    /// A string, or the strings of an array.
    static func names(_ value: JSONValue?) -> [String] {
        switch value {
        case .string(let one)?: [one]
        case .array(let many)?: many.compactMap(\.stringValue)
        case .null?, .bool?, .number?, .object?, nil: []
        }
    }

    private static func seconds(_ number: JSONNumber) -> Int64? {
        if let whole = number.int64 { return whole >= 0 && whole < 1 << 53 ? whole : nil }
        guard let seconds = number.double, seconds >= 0, seconds < 0x1p53 else { return nil }
        return Int64(seconds.rounded(.down))
    }
}
