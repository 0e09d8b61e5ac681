// SPDX-License-Identifier: Apache-2.0
import Glibc

extension KeyClock {
    /// The system's clock.
    public static let system = KeyClock(
        now: { Int64(time(nil)) },
        sleep: { seconds in try await Task.sleep(for: .seconds(seconds)) })
}
