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

extension AuditTimestamp {
    /// Reads the text form; `nil` for anything else, or for a date that no calendar has.
    public init?(parsing text: some Collection<UInt8>) {
        let text = Array(text)
        guard text.count == 27 else { return nil }
        func number(_ start: Int, _ count: Int) -> Int64? {
            var value: Int64 = 0
            for byte in text[start..<start + count] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        for (place, mark) in zip([4, 7, 10, 13, 16, 19, 26], "--T::.Z".utf8) where text[place] != mark { return nil }
        guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
            let minute = number(14, 2), let second = number(17, 2), let fraction = number(20, 6),
            (1...12).contains(month), hour < 24, minute < 60, second < 60,
            (1...Self.dayCount(year: year, month: month)).contains(day)
        else { return nil }
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    private static func dayCount(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Days from 1970-01-01; years are counted from 1 March, so that the leap day is the last of its year.
    private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 + 400 : year + 400
        let era = shifted / 400
        let ofEra = shifted % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + dayOfYear - 719_468 - 146_097
    }
}
