// SPDX-License-Identifier: Apache-2.0

/// The two times that introspection goes by; tests pass ones that they move themselves.
public struct IntrospectionClock: Sendable {
    /// The current time in whole seconds since the Unix epoch, for what tokens say.
    public var now: @Sendable () -> Int64
    /// Milliseconds on a clock that never steps, for how long answers are kept.
    public var milliseconds: @Sendable () -> Int64

    /// Makes a clock.
    public init(now: @escaping @Sendable () -> Int64, milliseconds: @escaping @Sendable () -> Int64) {
        self.now = now
        self.milliseconds = milliseconds
    }

    /// The system's clocks; the second goes on while the machine sleeps.
    public static let system = IntrospectionClock(
        now: KeyClock.system.now, milliseconds: { Int64(start.duration(to: .now) / .milliseconds(1)) })

    private static let start = ContinuousClock.now
}
