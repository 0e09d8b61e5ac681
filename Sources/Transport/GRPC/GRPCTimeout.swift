// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The value of a `grpc-timeout` header: one to eight digits and a unit.
enum GRPCTimeout {
    /// The time that a header allows, or `nil` if it is malformed.
    ///
    /// Timeouts beyond 100 years count as 100 years.
    static func parse(_ value: UnsafeRawBufferPointer) -> TimeAmount? {
        guard value.count >= 2, value.count <= 9, let unit = value.last else { return nil }
        var number: Int64 = 0
        for byte in value.dropLast() {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            number = number &* 10 &+ Int64(byte &- UInt8(ascii: "0"))
        }
        let nanosecondsPerUnit: Int64
        switch unit {
        case UInt8(ascii: "H"): nanosecondsPerUnit = 3_600_000_000_000
        case UInt8(ascii: "M"): nanosecondsPerUnit = 60_000_000_000
        case UInt8(ascii: "S"): nanosecondsPerUnit = 1_000_000_000
        case UInt8(ascii: "m"): nanosecondsPerUnit = 1_000_000
        case UInt8(ascii: "u"): nanosecondsPerUnit = 1000
        case UInt8(ascii: "n"): nanosecondsPerUnit = 1
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: nanosecondsPerUnit)
        return .nanoseconds(overflow ? longest : min(product, longest))
    }

    /// The shortest form that does not round to more than was asked.
    static func format(_ amount: TimeAmount) -> String {
        let nanoseconds = max(amount.nanoseconds, 0)
        for (unit, size) in [("n", 1), ("u", 1000), ("m", 1_000_000), ("S", 1_000_000_000)] as [(String, Int64)]
        where nanoseconds / size <= 99_999_999 {
            return "\(nanoseconds / size)\(unit)"
        }
        return "99999999S"
    }

    private static let longest: Int64 = 100 * 365 * 86_400 * 1_000_000_000
}
