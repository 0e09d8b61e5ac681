// SPDX-License-Identifier: Apache-2.0

/// When the tree grows and by how much.
///
/// A record is due after half the checkpoint interval, and the integrator looks at least every quarter, so that a
/// quarter is left for the pass itself. Before that, whole bundles are published as they fill, but passes begin at the
/// earliest 100 ms after one another: under load one pass, with its syncs and its signature, serves many records, and
/// unfinished bundles and tiles are rarely written.
struct PublishingPace {
    /// The most bundles of one pass: what it takes stays in memory until it ends, and may make the writer wait.
    private static let maximumBundles: UInt64 = 16

    private let gap: Duration
    private let dueAge: Duration
    private let poll: Duration
    /// When the last pass began.
    private(set) var lastPass: ContinuousClock.Instant

    init(interval: Duration, now: ContinuousClock.Instant) {
        gap = min(.milliseconds(100), interval / 4)
        dueAge = interval / 2
        poll = interval / 4
        lastPass = now - gap
    }

    /// When the next pass may begin, unless a record is due earlier.
    var earliest: ContinuousClock.Instant { lastPass + gap }

    /// How long to wait at most before the next look.
    func timeout(now: ContinuousClock.Instant) -> Duration {
        let untilEarliest = now.duration(to: earliest)
        return untilEarliest > .zero ? min(untilEarliest, poll) : poll
    }

    /// How far the tree should grow now; `nil` while more may gather.
    ///
    /// - Parameters:
    ///   - size: Where the tree ends.
    ///   - end: Where the durable records end.
    ///   - oldest: When the first record beyond the tree became durable.
    ///   - isUrgent: Whether so many records wait that the writer might have to.
    ///   - now: The current time.
    /// - Returns: The size to publish.
    func size(
        over size: UInt64, upTo end: UInt64, oldest: ContinuousClock.Instant, isUrgent: Bool,
        now: ContinuousClock.Instant
    ) -> UInt64? {
        guard end > size else { return nil }
        let width = UInt64(TilePath.width)
        let most = (size / width + Self.maximumBundles) * width
        if oldest + dueAge <= now { return min(end, most) }
        guard earliest <= now else { return nil }
        let whole = min(end / width * width, most)
        if whole > size { return whole }
        return isUrgent ? end : nil
    }

    /// Notes that a pass begins; one that leaves whole bundles behind is followed by the next at once.
    mutating func begin(upTo size: UInt64, of end: UInt64, now: ContinuousClock.Instant) {
        let leavesMuch = end - size >= UInt64(TilePath.width)
        lastPass = leavesMuch ? now - gap : now
    }
}
