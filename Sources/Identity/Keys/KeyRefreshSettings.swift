// SPDX-License-Identifier: Apache-2.0

/// How one issuer's key set is kept fresh; all numbers are whole seconds.
public struct KeyRefreshSettings: Sendable, Hashable {
    /// How often the set is fetched again when the server names no `max-age`: 30 s to 24 h.
    public var interval: Int64
    /// For how long old keys serve while every fetch fails: at least the interval.
    ///
    /// After that tokens are refused.
    public var maximumStale: Int64

    /// A token with an unknown key causes at most one fetch in this time.
    public static let demandInterval: Int64 = 30
    /// The bounds within which `max-age` and ``interval`` are honoured.
    public static let intervalBounds: ClosedRange<Int64> = 30...86_400

    /// Makes settings, held within their bounds.
    public init(interval: Int64 = 600, maximumStale: Int64 = 43_200) {
        self.interval = min(max(interval, Self.intervalBounds.lowerBound), Self.intervalBounds.upperBound)
        self.maximumStale = min(max(maximumStale, self.interval), 30 * 86_400)
    }
}

/// The time, and a way to wait for it; tests pass one that they move themselves.
public struct KeyClock: Sendable {
    /// The current time in whole seconds since the Unix epoch.
    public var now: @Sendable () -> Int64
    /// Waits for this many seconds, or throws when the task is cancelled.
    public var sleep: @Sendable (_ seconds: Int64) async throws -> Void

    /// Makes a clock.
    public init(
        now: @escaping @Sendable () -> Int64, sleep: @escaping @Sendable (_ seconds: Int64) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }
}

/// What happened to an issuer's key set, for the audit log and metrics.
public enum KeySetEvent: Sendable, Hashable {
    /// The set differs from the one before; keys are named by `kid`, or by thumbprint if they have none.
    case changed(issuer: String, added: [String], removed: [String])
    /// A fetch failed; the age of the keys that go on serving, if there are any.
    case failed(issuer: String, KeyFetchError, servingAge: Int64?)
    /// A fetch succeeded after failures.
    case recovered(issuer: String)
}

/// How an issuer's key set stands at the moment.
public struct KeySetStatus: Sendable, Hashable {
    /// The number of usable keys.
    public let keys: Int
    /// The seconds since the last successful fetch, or `nil` before the first.
    public let age: Int64?
    /// Whether tokens of the issuer can be verified now.
    public let isReady: Bool
    /// Why the last fetch failed, or `nil` if it did not.
    public let failure: KeyFetchError?
    /// How many fetches were tried since the start.
    public let fetches: Int
}
