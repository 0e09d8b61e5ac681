// SPDX-License-Identifier: Apache-2.0

/// A Cedar `datetime`: milliseconds since the Unix epoch, proleptic Gregorian calendar, no leap seconds.
public struct DatetimeValue: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    /// Makes a moment of milliseconds since the Unix epoch.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Reads `YYYY-MM-DD`, or `YYYY-MM-DDThh:mm:ss`, then `.SSS` if wanted, then `Z` or `±hhmm`.
    public init(parsing text: String) throws(ExtensionProblem) {
        var reader = DatetimeReader(bytes: Array(text.utf8))
        milliseconds = try reader.read()
    }

    /// Orders by time.
    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// The floor of the day, or `nil` if that is below the 64-bit range.
    var startOfDay: DatetimeValue? {
        let (result, overflowed) = milliseconds.subtractingReportingOverflow(timeOfDay.milliseconds)
        return overflowed ? nil : DatetimeValue(milliseconds: result)
    }

    /// Milliseconds since midnight, never negative.
    var timeOfDay: DurationValue {
        let remainder = milliseconds % 86_400_000
        return DurationValue(milliseconds: remainder < 0 ? remainder + 86_400_000 : remainder)
    }

    /// `YYYY-MM-DDThh:mm:ss.SSSZ`; outside the years 0 to 9999 the count of milliseconds.
    public var description: String {
        let clock = timeOfDay.milliseconds
        let days = (milliseconds - (milliseconds < Int64.min + 86_400_000 ? 0 : clock)) / 86_400_000
        let (year, month, day) = Calendar.date(daysSinceEpoch: days)
        guard (0...9999).contains(year) else { return "\(milliseconds)ms since 1970" }
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let (hour, minute) = (clock / 3_600_000, clock / 60_000 % 60)
        let time = "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(clock / 1000 % 60, 2)).\(padded(clock % 1000, 3))"
        return "\(date)T\(time)Z"
    }

    private func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// Days and dates of the proleptic Gregorian calendar.
enum Calendar {
    static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func date(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }

    static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// Reads the text forms of a datetime; syntax is judged before ranges, left to right.
private struct DatetimeReader {
    let bytes: [UInt8]
    var position = 0

    mutating func read() throws(ExtensionProblem) -> Int64 {
        let year = try number(4)
        try expect("-")
        let month = try number(2)
        try expect("-")
        let day = try number(2)
        var clock: (hour: Int64, minute: Int64, second: Int64, millisecond: Int64) = (0, 0, 0, 0)
        var zone: (sign: Int64, hour: Int64, minute: Int64) = (1, 0, 0)
        if position < bytes.count {
            try expect("T")
            clock = try time()
            zone = try offset()
            guard position == bytes.count else { throw .malformedDatetime }
        }
        guard (1...12).contains(month), day >= 1, day <= Calendar.days(inMonth: month, of: year), clock.hour <= 23,
            clock.minute <= 59, clock.second <= 59, zone.hour <= 23, zone.minute <= 59
        else { throw .datetimeOutOfRange }
        let seconds =
            Calendar.daysSinceEpoch(year: year, month: month, day: day) * 86_400
            + clock.hour * 3600 + clock.minute * 60 + clock.second - zone.sign * (zone.hour * 3600 + zone.minute * 60)
        return seconds * 1000 + clock.millisecond
    }

    private mutating func time() throws(ExtensionProblem) -> (Int64, Int64, Int64, Int64) {
        let hour = try number(2)
        try expect(":")
        let minute = try number(2)
        try expect(":")
        let second = try number(2)
        var millisecond: Int64 = 0
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            millisecond = try number(3)
        }
        return (hour, minute, second, millisecond)
    }

    private mutating func offset() throws(ExtensionProblem) -> (Int64, Int64, Int64) {
        guard position < bytes.count else { throw .malformedDatetime }
        let sign = bytes[position]
        position += 1
        switch sign {
        case UInt8(ascii: "Z"): return (1, 0, 0)
        case UInt8(ascii: "+"): return (1, try number(2), try number(2))
        case UInt8(ascii: "-"): return (-1, try number(2), try number(2))
        default: throw .malformedDatetime
        }
    }

    private mutating func number(_ width: Int) throws(ExtensionProblem) -> Int64 {
        guard position + width <= bytes.count else { throw .malformedDatetime }
        var value: Int64 = 0
        for byte in bytes[position..<(position + width)] {
            guard isDigit(byte) else { throw .malformedDatetime }
            value = value * 10 + Int64(byte &- UInt8(ascii: "0"))
        }
        position += width
        return value
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(ExtensionProblem) {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { throw .malformedDatetime }
        position += 1
    }
}
