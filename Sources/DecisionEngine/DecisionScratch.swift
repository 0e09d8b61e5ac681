// SPDX-License-Identifier: Apache-2.0

import AuditLog
import StrictJSON
import Synchronization

/// The memory in which a decision writes its policy input and its record, used by one decision after another.
///
/// `@unchecked Sendable`: it belongs to the one decision that took it from the pool.
final class DecisionScratch: @unchecked Sendable {
    /// The canonical policy input.
    var input = JSONWriter(capacity: 2048)
    /// The record's leaf.
    var leaf = JSONWriter(capacity: 4096)
    var commitments = Commitments()

    fileprivate func clear() {
        input.removeAll()
        leaf.removeAll()
        commitments.removeAll()
    }
}

/// Scratch memory that no decision uses at the moment.
final class ScratchPool: Sendable {
    private let free = Mutex<[DecisionScratch]>([])

    /// The most that is kept: decisions that wait for keys hold theirs meanwhile.
    private static let maximumFree = 64

    func take() -> DecisionScratch { free.withLock { $0.popLast() } ?? DecisionScratch() }

    func give(_ scratch: DecisionScratch) {
        scratch.clear()
        free.withLock { if $0.count < Self.maximumFree { $0.append(scratch) } }
    }
}
