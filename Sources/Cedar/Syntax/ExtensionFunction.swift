// SPDX-License-Identifier: Apache-2.0

/// The functions and methods of the extension types.
enum ExtensionFunction: String, Sendable, Hashable, CaseIterable {
    case decimal, ip, datetime, duration
    /// Accepted by the grammar for partial evaluation; reaching it is always an error.
    case unknown
    case lessThan, lessThanOrEqual, greaterThan, greaterThanOrEqual
    case isIpv4, isIpv6, isLoopback, isMulticast, isInRange
    case offset, durationSince, toDate, toTime
    case toMilliseconds, toSeconds, toMinutes, toHours, toDays

    /// Whether it is written `name(x)`, not `x.name()`.
    var isFunction: Bool {
        switch self {
        case .decimal, .ip, .datetime, .duration, .unknown: true
        case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual, .isIpv4, .isIpv6, .isLoopback,
            .isMulticast, .isInRange, .offset, .durationSince, .toDate, .toTime, .toMilliseconds, .toSeconds,
            .toMinutes, .toHours, .toDays:
            false
        }
    }

    /// The kinds of all arguments, the receiver first.
    var parameters: [ValueKind] {
        switch self {
        case .decimal, .ip, .datetime, .duration, .unknown: [.string]
        case .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual: [.decimal, .decimal]
        case .isIpv4, .isIpv6, .isLoopback, .isMulticast: [.ip]
        case .isInRange: [.ip, .ip]
        case .offset: [.datetime, .duration]
        case .durationSince: [.datetime, .datetime]
        case .toDate, .toTime: [.datetime]
        case .toMilliseconds, .toSeconds, .toMinutes, .toHours, .toDays: [.duration]
        }
    }

    /// The kind of the result.
    var result: ValueKind {
        switch self {
        case .decimal: .decimal
        case .ip: .ip
        case .datetime, .offset, .toDate: .datetime
        case .duration, .durationSince, .toTime: .duration
        case .unknown, .lessThan, .lessThanOrEqual, .greaterThan, .greaterThanOrEqual, .isIpv4, .isIpv6, .isLoopback,
            .isMulticast, .isInRange:
            .bool
        case .toMilliseconds, .toSeconds, .toMinutes, .toHours, .toDays: .long
        }
    }

    static let byName: [ByteKey: ExtensionFunction] = Dictionary(
        uniqueKeysWithValues: allCases.map { (ByteKey($0.rawValue), $0) })
}
