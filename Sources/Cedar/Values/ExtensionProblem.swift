// SPDX-License-Identifier: Apache-2.0

/// Why the text of an extension value, or an operation on one, was refused.
public enum ExtensionProblem: String, Error, Sendable, Hashable, CustomStringConvertible {
    /// Not `-?digits.digits`.
    case malformedDecimal = "expected a decimal such as `-12.34`"
    /// More than four digits after the point.
    case tooManyDigits = "expected at most four digits after the point"
    /// Beyond the 64-bit range.
    case overflow = "the result does not fit the 64-bit range"
    /// Neither an IPv4 nor an IPv6 address with an optional prefix.
    case malformedIP = "expected an address such as `192.0.2.1`, `192.0.2.0/24` or `2001:db8::/32`"
    /// Not one of the accepted date and time forms.
    case malformedDatetime =
        "expected `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ss` with optional `.SSS` and a zone `Z` or `+hhmm`"
    /// A month, day, hour, minute, second or offset out of range.
    case datetimeOutOfRange = "a part of the date or time is out of range"
    /// Not components such as `1d2h3m4s5ms`.
    case malformedDuration = "expected components in the order `1d2h3m4s5ms`, at least one"

    /// What would be accepted.
    public var description: String { rawValue }
}
