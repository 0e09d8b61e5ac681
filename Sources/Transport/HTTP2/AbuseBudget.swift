// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What a peer may still ask of a connection without real work behind it.
///
/// The allowance comes back evenly over the window, and at once for work that was really done: honest clients send
/// PINGs, WINDOW_UPDATEs and resets in proportion to their calls and to the bytes that flow.
struct AbuseBudget {
    private let limit: Int
    private let window: TimeAmount
    private var left: Int
    private var refilledAt: NIODeadline

    init(limit: Int, window: TimeAmount, now: NIODeadline) {
        self.limit = max(limit, 1)
        self.window = window
        left = self.limit
        refilledAt = now
    }

    /// Takes `cost`; false when there is not that much left.
    mutating func spend(_ cost: Int, now: NIODeadline) -> Bool {
        guard cost > 0 else { return true }
        if cost > left { refill(now) }
        left = max(left - cost, -1)
        return left >= 0
    }

    mutating func earn(_ amount: Int) {
        left = min(limit, left + amount)
    }

    private mutating func refill(_ now: NIODeadline) {
        let elapsed = (now - refilledAt).nanoseconds
        guard elapsed > 0 else { return }
        let share = Double(elapsed) / Double(max(window.nanoseconds, 1))
        let earned = Int(min(share, 1) * Double(limit))
        guard earned > 0 else { return }
        earn(earned)
        refilledAt = now
    }
}
