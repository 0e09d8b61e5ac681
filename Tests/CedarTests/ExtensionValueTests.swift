// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Cedar

@Suite("Extension values: reading their text")
struct ExtensionValueTests {
    @Test(
        "decimals",
        arguments: [
            ("1.0", 10_000), ("-0.5", -5000), ("-0.0", 0), ("007.1234", 71_234),
            ("922337203685477.5807", Int64.max), ("-922337203685477.5808", .min),
            ("1", nil), (".5", nil), ("5.", nil), ("+1.0", nil), ("1.0\n", nil), ("1.00000", nil), ("", nil),
            ("922337203685477.5808", nil), ("1.0.0", nil), ("-", nil), ("é.0", nil),
        ] as [(String, Int64?)])
    func decimals(text: String, expected: Int64?) {
        #expect((try? DecimalValue(parsing: text))?.tenThousandths == expected)
    }

    @Test(
        "durations",
        arguments: [
            ("1d", 86_400_000), ("-1d2h3m4s5ms", -93_784_005), ("5ms", 5), ("1m1ms", 60_001), ("0001s", 1000),
            ("9223372036854775807ms", Int64.max), ("-9223372036854775808ms", .min), ("9223372036854775808ms", nil),
            ("", nil), ("-", nil), ("1", nil), ("1s1m", nil), ("1d1d", nil), ("+1s", nil), ("1.5s", nil), ("1 s", nil),
            ("99999999999999999999ms", nil), ("106751991168d", nil),
        ] as [(String, Int64?)])
    func durations(text: String, expected: Int64?) {
        #expect((try? DurationValue(parsing: text))?.milliseconds == expected)
    }

    @Test(
        "moments",
        arguments: [
            ("1970-01-01", 0), ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999Z", -1),
            ("2024-02-29", 1_709_164_800_000), ("2000-01-01T00:00:00+2359", 946_684_800_000 - 86_340_000),
            ("0000-01-01", -62_167_219_200_000), ("9999-12-31T23:59:59.999-2359", 253_402_387_139_999),
            ("2023-02-29", nil), ("1900-02-29", nil), ("2024-13-01", nil), ("2024-00-01", nil), ("2024-01-00", nil),
            ("2024-01-01T24:00:00Z", nil), ("2024-01-01T00:00:60Z", nil), ("2024-01-01T00:00:00", nil),
            ("2024-01-01T00:00:00+00:00", nil), ("2024-01-01t00:00:00Z", nil), ("2024-01-01T00:00:00.1Z", nil),
            ("2024-01-01T00:00:00+2400", nil), ("2024-1-1", nil), ("02024-01-01", nil), ("2024-01-01Z", nil), ("", nil),
        ] as [(String, Int64?)])
    func moments(text: String, expected: Int64?) {
        #expect((try? DatetimeValue(parsing: text))?.milliseconds == expected)
    }

    @Test(
        "a moment's text reads back", arguments: [0, -1, 1_709_164_800_123, -62_167_219_200_000, 253_402_300_799_999])
    func momentRoundTrip(milliseconds: Int64) throws {
        let value = DatetimeValue(milliseconds: milliseconds)
        #expect(try DatetimeValue(parsing: value.description) == value)
    }

    @Test("the extremes of a moment print without trapping", arguments: [Int64.min, .min + 1, .max])
    func extremes(milliseconds: Int64) {
        #expect(!DatetimeValue(milliseconds: milliseconds).description.isEmpty)
        #expect((0..<86_400_000).contains(DatetimeValue(milliseconds: milliseconds).timeOfDay.milliseconds))
    }

    @Test(
        "addresses",
        arguments: [
            ("1.2.3.4", "1.2.3.4/32"), ("10.0.0.7/8", "10.0.0.7/8"), ("0.0.0.0/0", "0.0.0.0/0"),
            ("::", "0:0:0:0:0:0:0:0/128"), ("::1", "0:0:0:0:0:0:0:1/128"), ("1::", "1:0:0:0:0:0:0:0/128"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0/128"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8/128"),
            ("2001:DB8::/32", "2001:db8:0:0:0:0:0:0/32"), ("::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:1/128"),
            ("1:2:3:4:5:6:7:8::", nil), ("1:2:3:4:5:6:7", nil), ("1::2::3", nil), (":1", nil), ("1:", nil),
            (":::", nil),
            ("01.2.3.4", nil), ("256.1.1.1", nil), ("1.2.3", nil), ("1.2.3.4/33", nil), ("1.2.3.4/08", nil),
            ("1.2.3.4/", nil), ("::/129", nil), ("::ffff:1.2.3.4", nil), ("[::1]", nil), ("fe80::1%1", nil), ("", nil),
            (" 1.2.3.4", nil), ("12345::", nil), ("::/0128", nil),
        ] as [(String, String?)])
    func addresses(text: String, expected: String?) {
        #expect((try? IPValue(parsing: text))?.description == expected)
    }

    @Test("addresses from bytes")
    func addressBytes() throws {
        #expect(IPValue(bytes: [10, 0, 0, 7]) == (try IPValue(parsing: "10.0.0.7")))
        let groups: [UInt8] = [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        #expect(IPValue(bytes: groups, prefix: 64) == (try IPValue(parsing: "2001:db8::1/64")))
        #expect(IPValue(bytes: [1, 2, 3]) == nil)
        #expect(IPValue(bytes: [1, 2, 3, 4], prefix: 33) == nil)
    }

    @Test(
        "ranges",
        arguments: [
            ("10.1.2.3", "10.0.0.0/8", true), ("10.0.0.0/8", "10.1.0.0/16", false), ("11.0.0.1", "10.0.0.0/8", false),
            ("2001:db8:1::1", "2001:db8::/32", true), ("1.2.3.4", "::/0", false), ("1.2.3.4", "9.9.9.9/0", true),
            ("2001:db8::1:0:0:0", "2001:db8::/80", false), ("2001:db8::1:0:0:0", "2001:db8::1:5:0:0/80", true),
        ])
    func ranges(inner: String, outer: String, expected: Bool) throws {
        #expect(try IPValue(parsing: inner).isInRange(of: IPValue(parsing: outer)) == expected)
    }
}
