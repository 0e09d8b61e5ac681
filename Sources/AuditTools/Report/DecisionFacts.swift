// SPDX-License-Identifier: Apache-2.0

import AuditLog

/// Counts of decisions, in bounded memory.
struct DecisionFacts: Sendable {
    /// So many different keys are counted by themselves; the rest together.
    static let maximumKeys = 5000

    /// Counts of one key: allowed, denied, failed.
    struct Count: Sendable {
        var parts = [0, 0, 0]
        var total: Int { parts.reduce(0, +) }
    }

    /// A day of the service.
    struct Day: Sendable {
        var count = Count()
        var latency = LatencyHistogram()
    }

    private(set) var days: [String: Day] = [:]
    private(set) var gateways: [String: Count] = [:]
    private(set) var routes: [String: Count] = [:]
    private(set) var reasons: [String: Count] = [:]
    /// Denials by route and reason.
    private(set) var denials: [String: Count] = [:]
    private(set) var all = Count()

    mutating func add(_ record: LogRecord) {
        let part =
            switch record.text("dec.verdict") {
            case "allow": 0
            case "deny": 1
            default: 2
            }
        let reason = record.text("dec.reason") ?? "(none)"
        let route = record.text("act.route") ?? "(no route)"
        let day = String((record.text("ts") ?? "").prefix(10))
        all.parts[part] += 1
        let key = days[day] == nil && days.count >= Self.maximumKeys ? "other" : day
        days[key, default: Day()].count.parts[part] += 1
        if let latency = record.number("lat_us.total") { days[key, default: Day()].latency.add(latency) }
        Self.add(record.text("gw.name") ?? "(unknown)", part, &gateways)
        Self.add(route, part, &routes)
        Self.add(reason, part, &reasons)
        if part != 0 { Self.add("\(route)\n\(reason)", part, &denials) }
    }

    private static func add(_ key: String, _ part: Int, _ counts: inout [String: Count]) {
        let key = counts[key] == nil && counts.count >= maximumKeys ? "(others)" : key
        counts[key, default: Count()].parts[part] += 1
    }
}

/// How long decisions took, in buckets that grow by a quarter of an octave.
struct LatencyHistogram: Sendable {
    private var buckets = [Int](repeating: 0, count: 160)
    private(set) var count = 0

    mutating func add(_ microseconds: Int64) {
        buckets[Self.bucket(microseconds)] += 1
        count += 1
    }

    /// Four buckets for each doubling.
    private static func bucket(_ microseconds: Int64) -> Int {
        guard microseconds >= 4 else { return Int(max(0, microseconds)) }
        let exponent = 63 - microseconds.leadingZeroBitCount
        return min(159, (exponent - 1) * 4 + Int(microseconds >> Int64(exponent - 2) & 3))
    }

    private static func upperBound(_ bucket: Int) -> Int64 {
        guard bucket >= 4 else { return Int64(bucket) }
        let exponent = Int64(bucket / 4 + 1)
        return (4 + Int64(bucket % 4) + 1) << (exponent - 2) - 1
    }

    /// The upper bound of the bucket that holds a share of the decisions, in microseconds.
    func quantile(_ share: Double) -> Int64 {
        let wanted = Int((Double(count) * share).rounded(.up))
        var seen = 0
        for (bucket, held) in buckets.enumerated() {
            seen += held
            if seen >= wanted, held > 0 { return Self.upperBound(bucket) }
        }
        return 0
    }
}
