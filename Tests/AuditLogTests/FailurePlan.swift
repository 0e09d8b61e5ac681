// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Says which calls of an operation fail, by their number.
final class FailurePlan: Sendable {
    private let state = Mutex<(calls: Int, failing: Set<Int>)>((0, []))
    private let isBroken = Mutex(false)

    /// Counts from zero again.
    func start(failing: Set<Int>) { state.withLock { $0 = (0, failing) } }

    /// Whether a log that was turned off finds the disk still broken.
    var staysBroken: Bool {
        get { isBroken.withLock { $0 } }
        set { isBroken.withLock { $0 = newValue } }
    }

    func next() -> Bool {
        state.withLock { state in
            defer { state.calls += 1 }
            return state.failing.contains(state.calls)
        }
    }
}
