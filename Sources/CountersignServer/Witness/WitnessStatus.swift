// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Synchronization

/// How the witnessing of the own log stands, for metrics; and who gets the last cosignatures.
final class WitnessStatus: Sendable {
    struct Snapshot: Sendable {
        var isConfigured = false
        /// The newest size that a quorum cosigned.
        var size: UInt64 = 0
        /// Since when records wait for a quorum; `nil` while none does.
        var waitingSince: ContinuousClock.Instant?
        /// Whether that lasts longer than it may.
        var isLate = false
    }

    private let state = Mutex(Snapshot())
    private let last = Mutex<(@Sendable () -> [Cosignature])?>(nil)

    var snapshot: Snapshot { state.withLock { $0 } }

    func update(_ body: (inout Snapshot) -> Void) { state.withLock { body(&$0) } }

    /// Says who gets cosignatures for the last checkpoint.
    func cosignLast(with body: @escaping @Sendable () -> [Cosignature]) { last.withLock { $0 = body } }

    /// Cosignatures for the checkpoint that was just published; waits a few seconds at most.
    func lastCosignatures() -> [Cosignature] {
        let body = last.withLock { last in
            defer { last = nil }
            return last
        }
        return body?() ?? []
    }
}
