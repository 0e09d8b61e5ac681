// SPDX-License-Identifier: Apache-2.0
import StrictJSON

/// From when until when a token is valid, in whole seconds since the Unix epoch.
public struct TokenLifetime: Sendable, Hashable {
    /// The second named by `exp`, rounded up: the token is refused from it onward.
    public let expiresAt: Int64
    /// The later of `nbf` and `iat`, rounded up; `Int64.min` if the token has neither.
    public let validFrom: Int64

    /// Makes a lifetime.
    public init(expiresAt: Int64, validFrom: Int64 = .min) {
        self.expiresAt = expiresAt
        self.validFrom = validFrom
    }

    /// Reads `exp`, `nbf` and `iat`: finite numbers from 0 up to 2^53, of which `exp` must be there.
    init(claims: JSONObject) throws(IdentityError) {
        guard let expiresAt = try Self.time(claims, "exp") else { throw .claimNotAccepted(name: "exp", .missing) }
        self.expiresAt = expiresAt
        validFrom = max(try Self.time(claims, "nbf") ?? .min, try Self.time(claims, "iat") ?? .min)
    }

    private static func time(_ claims: JSONObject, _ name: String) throws(IdentityError) -> Int64? {
        guard let value = claims[name] else { return nil }
        guard let number = value.numberValue else { throw .claimNotAccepted(name: name, .wrongType) }
        if let seconds = number.int64 {
            guard seconds >= 0, seconds < 1 << 53 else { throw .claimNotAccepted(name: name, .outOfRange) }
            return seconds
        }
        guard let seconds = number.double, seconds >= 0, seconds < 0x1p53 else {
            throw .claimNotAccepted(name: name, .outOfRange)
        }
        return Int64(seconds.rounded(.up))
    }

    /// Checks that the token is valid at a moment in time.
    ///
    /// A token is refused from the second named by `exp` onward (RFC 7519, section 4.1.4). The skew moves that moment
    /// later, and the beginning earlier.
    ///
    /// ```swift
    /// let lifetime = TokenLifetime(expiresAt: 1_800_000_000)
    /// try lifetime.validate(at: 1_800_000_010, skew: 30)  // passes: 10 s late, 30 s allowed
    /// ```
    ///
    /// - Parameters:
    ///   - now: The current time, in whole seconds since the Unix epoch.
    ///   - skew: Clock difference to tolerate, in seconds: 0 to 60.
    /// - Throws: ``IdentityError/tokenExpired(expiresAt:)`` or ``IdentityError/tokenNotYetValid(validFrom:)``.
    public func validate(at now: Int64, skew: Int64) throws(IdentityError) {
        let (earliest, wentBelow) = now.subtractingReportingOverflow(skew)
        guard wentBelow || earliest < expiresAt else { throw .tokenExpired(expiresAt: expiresAt) }
        let (latest, wentAbove) = now.addingReportingOverflow(skew)
        guard wentAbove || validFrom <= latest else { throw .tokenNotYetValid(validFrom: validFrom) }
    }
}
