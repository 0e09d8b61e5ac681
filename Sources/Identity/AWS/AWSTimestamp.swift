// SPDX-License-Identifier: Apache-2.0

/// A moment as AWS signatures write it: `20260314T150926Z`.
package struct AWSTimestamp: Sendable, Hashable {
    /// Unix seconds.
    package let seconds: Int64
    /// The 16 characters.
    package let text: String

    /// The day, as it stands in the scope of a signature: `20260314`.
    package var day: String { String(text.prefix(8)) }

    /// Writes a moment between the years 0 and 9999; others are moved to the nearest of these.
    package init(_ seconds: Int64) {
        let seconds = min(max(seconds, -62_167_219_200), 253_402_300_799)
        self.seconds = seconds
        let (days, second) = Self.floorDivide(seconds, 86_400)
        let (year, month, day) = Self.civil(days)
        let pad = { (value: Int64, width: Int) in
            String(repeating: "0", count: max(0, width - String(value).count)) + String(value)
        }
        text =
            pad(year, 4) + pad(month, 2) + pad(day, 2) + "T" + pad(second / 3600, 2) + pad(second / 60 % 60, 2)
            + pad(second % 60, 2) + "Z"
    }

    /// Reads the one form that exists; `nil` for anything else, dates that do not exist included.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        var fields: [Int64] = []
        for range in [0..<4, 4..<6, 6..<8, 9..<11, 11..<13, 13..<15] {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            fields.append(value)
        }
        guard (1...12).contains(fields[1]), (1...31).contains(fields[2]), fields[3] < 24, fields[4] < 60, fields[5] < 60
        else { return nil }
        let day = Self.days(year: fields[0], month: fields[1], day: fields[2])
        self.init(day * 86_400 + fields[3] * 3600 + fields[4] * 60 + fields[5])
        // The 31st of a shorter month would come back as another day.
        guard self.text == text else { return nil }
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// Days since 1970-01-01 of a date of the proleptic Gregorian calendar; years begin in March here.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(year, 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
