// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Logging
import ServiceLifecycle
import StrictJSON

/// Records steps of the wall clock of more than a second, after caches were dropped (THREATS D4).
struct ClockWatch: Service {
    /// Less than this is the clock being disciplined, not set.
    private static let threshold: Int64 = 1_000_000

    let audit: AuditTrail
    let logger: Logger
    /// Drops what is kept until a time by the wall clock.
    let dropCaches: @Sendable () -> Void
    /// The wall clock, in microseconds.
    var wall: @Sendable () -> Int64 = { AuditTimestamp.now.microseconds }
    /// A clock that nobody sets, in microseconds.
    var steady: @Sendable () -> Int64 = { Self.sinceStart() }
    var interval = Duration.seconds(1)

    private static let start = SuspendingClock.now

    private static func sinceStart() -> Int64 {
        Int64(start.duration(to: SuspendingClock.now) / .microseconds(1))
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var offset = wall() - steady()
            while (try? await Task.sleep(for: interval, clock: .suspending)) != nil {
                let now = wall() - steady()
                let (step, overflow) = now.subtractingReportingOverflow(offset)
                offset = now
                guard !overflow, step.magnitude > Self.threshold.magnitude else { continue }
                dropCaches()
                logger.warning("the clock was set", metadata: ["step_ms": "\(step / 1000)"])
                var content = JSONObject()
                content.append("step_ms", .number(JSONNumber(step / 1000)))
                await audit.write("clock.step", "clock", content)
            }
        }
    }
}
