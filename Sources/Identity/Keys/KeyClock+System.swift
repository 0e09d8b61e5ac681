// SPDX-License-Identifier: Apache-2.0
import Glibc

extension KeyClock {
    /// The system's clock.
    public static let system = KeyClock(
        now: {
            var moment = timespec()
            clock_gettime(CLOCK_REALTIME, &moment)
            return Int64(moment.tv_sec)
        },
        sleep: { seconds in try await Task.sleep(for: .seconds(seconds)) })
}
