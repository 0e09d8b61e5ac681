// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Says `true` once, after so many other calls.
final class Countdown: Sendable {
    private let remaining = Mutex<Int?>(nil)

    func start(at count: Int) { remaining.withLock { $0 = count } }

    func next() -> Bool {
        remaining.withLock { remaining in
            guard let count = remaining else { return false }
            remaining = count == 0 ? nil : count - 1
            return count == 0
        }
    }
}
