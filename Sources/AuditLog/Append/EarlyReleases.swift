// SPDX-License-Identifier: Apache-2.0

/// Records whose callers were answered before the sync: what a power cut could take, and how old the oldest is.
///
/// The window closes when it holds as many records as it may, or when the oldest has waited for its sync as long as it
/// may. Until it opens again records wait for their sync as in strict mode, so that neither a slow nor a dead disk
/// lets more be lost than was declared.
struct EarlyReleases {
    private var releases: [(counter: Int64, since: ContinuousClock.Instant)] = []
    /// Where the oldest one stands; what is before it was made durable.
    private var first = 0

    /// How many answered records are not durable.
    var count: Int { releases.count - first }

    /// Whether one more may be answered early.
    func isOpen(_ configuration: AuditLogConfiguration, now: ContinuousClock.Instant) -> Bool {
        guard count < configuration.maximumUnsyncedRecords else { return false }
        guard count > 0 else { return true }
        return releases[first].since.duration(to: now) < configuration.maximumDelay
    }

    /// Notes that the record with this `n` was answered.
    mutating func add(_ counter: Int64, at now: ContinuousClock.Instant) {
        if first > 0, first >= releases.count / 2 {
            releases.removeFirst(first)
            first = 0
        }
        releases.append((counter, now))
    }

    /// Notes that every record up to this `n` is durable.
    mutating func settle(upTo counter: Int64) {
        while first < releases.count, releases[first].counter <= counter { first += 1 }
    }

    /// Gives up those that are not durable, and says how many they are.
    mutating func lose() -> Int {
        defer { (releases, first) = ([], 0) }
        return count
    }
}
