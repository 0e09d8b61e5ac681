// SPDX-License-Identifier: Apache-2.0

/// Numbers with units, as the configuration file writes them.
enum ConfigurationUnits {
    private static let durations: [(suffix: String, nanoseconds: Int64)] = [
        ("ms", 1_000_000), ("us", 1000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ]

    private static let sizes: [(suffix: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000),
        ("B", 1),
    ]

    /// `250ms`, `30s`, `5m`, `1h` or `7d`; `nil` for anything else.
    static func duration(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let suffix = text.dropFirst(digits.count)
        guard let count = Int64(digits), let unit = durations.first(where: { $0.suffix == suffix }) else { return nil }
        let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit.nanoseconds)
        return overflow ? nil : .nanoseconds(nanoseconds)
    }

    /// `65536`, `64KiB` or `16MiB`; `nil` for anything else.
    static func bytes(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let suffix = text.dropFirst(digits.count)
        guard let count = Int(digits) else { return nil }
        if suffix.isEmpty { return count }
        guard let unit = sizes.first(where: { $0.suffix == suffix }) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// A duration for a message, such as `30 s`.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        if attoseconds != 0 { return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000) ms" }
        for (size, unit) in [(86_400, "d"), (3600, "h"), (60, "min")]
        where seconds >= size && seconds % Int64(size) == 0 {
            return "\(seconds / Int64(size)) \(unit)"
        }
        return "\(seconds) s"
    }
}
