// SPDX-License-Identifier: Apache-2.0
import Callout
import StrictJSON

/// One transmitter of security events (OpenID Shared Signals), with its keys.
public struct SecurityEventTransmitter: Sendable {
    /// The longest token, in bytes.
    public static let maximumBytes = 64 << 10

    /// The name in the configuration.
    public let name: String
    /// The transmitter's keys.
    public let keys: KeySetRefresher
    /// The issuers and providers that the transmitter may speak about.
    public let issuers: [String]
    private let rules: StatementRules

    /// Makes a transmitter.
    ///
    /// - Parameters:
    ///   - name: The name in the configuration.
    ///   - keys: Its keys; their issuer is the `iss` of its tokens.
    ///   - audiences: The `aud` values of which tokens must carry one.
    ///   - algorithms: The algorithms that it may sign with.
    ///   - maximumAge: How old tokens may be, in seconds; older ones could have been forgotten, and be taken twice.
    ///   - issuers: The issuers and providers that it may speak about.
    public init(
        name: String, keys: KeySetRefresher, audiences: [String],
        algorithms: [SignatureAlgorithm] = SignatureAlgorithm.asymmetric, maximumAge: Int64 = 86_400, issuers: [String]
    ) {
        self.name = name
        self.keys = keys
        self.issuers = issuers
        rules = StatementRules(
            issuer: keys.issuer, audiences: audiences, algorithms: algorithms, type: "secevent+jwt",
            maximumAge: maximumAge)
    }

    /// The issuer that a token names, before anything is verified.
    public static func issuer(of token: [UInt8]) throws(IdentityError) -> String {
        let claims = try CompactToken(token.span, maximumBytes: maximumBytes).claims()
        guard let issuer = claims["iss"]?.stringValue else { throw .issuerNotAccepted(issuer: nil) }
        return issuer
    }

    /// Verifies a token, with newer keys if those at hand do not fit.
    ///
    /// - Parameters:
    ///   - token: The compact JWS.
    ///   - now: The current time, in whole seconds since the Unix epoch.
    /// - Returns: What it says.
    /// - Throws: `IdentityError` if it is not to be believed, ``SecurityEventToken/Refused`` if it says nothing usable.
    public func verify(_ token: [UInt8], now: Int64) async throws -> SecurityEventToken {
        let claims: JSONObject
        do throws(IdentityError) {
            claims = try verifyOnce(token, now)
        } catch {
            guard error.issuerOfMissingKeys != nil, keys.acceptsDemand else { throw error }
            await keys.refresh()
            claims = try verifyOnce(token, now)
        }
        return try SecurityEventToken(claims, transmitter: name, issuers: issuers, now: now)
    }

    private func verifyOnce(_ token: [UInt8], _ now: Int64) throws(IdentityError) -> JSONObject {
        let snapshot = try keys.usable(at: now)
        return try rules.verify(token.span, keys: snapshot.keys, maximumBytes: Self.maximumBytes, now: now)
    }
}
