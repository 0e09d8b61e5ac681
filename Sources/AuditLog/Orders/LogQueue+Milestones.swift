// SPDX-License-Identifier: Apache-2.0

/// Something of the log's progress that somebody waits for.
enum Milestone: Sendable {
    /// A checkpoint covers the records below an index.
    case published(UInt64)
    /// What the records below an index order is done.
    case obeyed(UInt64)
}

extension LogQueue {
    struct MilestoneWaiter: Sendable {
        let milestone: Milestone
        let continuation: CheckedContinuation<Bool, Never>
    }

    /// Waits for a milestone; throws when the log ends before it is reached.
    func reach(_ milestone: Milestone) async throws(AuditLogError) {
        let isReached = await withCheckedContinuation { continuation in
            let answer = monitor.withLock { state -> Bool? in
                if Self.isReached(milestone, state) { return true }
                if state.isFinished { return false }
                state.milestones.append(MilestoneWaiter(milestone: milestone, continuation: continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        guard isReached else { throw .closed }
    }

    /// Tells those who wait how far the log is.
    func note(_ publisher: LogPublisher, isLast: Bool = false) {
        let reached = monitor.withLock { state in
            state.publishedSize = publisher.size
            state.obeyedBelow = publisher.obeyedBelow
            state.status.note(publisher.state)
            let waiters = state.milestones
            state.milestones = waiters.filter { !Self.isReached($0.milestone, state) }
            return waiters.filter { Self.isReached($0.milestone, state) }
        }
        for waiter in reached { waiter.continuation.resume(returning: true) }
        guard isLast else { return }
        let disappointed = monitor.withLock { state in
            defer { state.milestones = [] }
            return state.milestones
        }
        for waiter in disappointed { waiter.continuation.resume(returning: false) }
    }

    private static func isReached(_ milestone: Milestone, _ state: State) -> Bool {
        switch milestone {
        case .published(let index): state.publishedSize >= index
        case .obeyed(let index): state.publishedSize >= index && state.obeyedBelow >= index
        }
    }

    /// Lets the next record begin a fresh segment, so that those before can go once they are published.
    func startSegment() { monitor.withLock { $0.layout.memory = nil } }

    /// Keys that the publisher does not know yet.
    func takeNewKeys() -> [LogSigningKey] {
        monitor.withLock { state in
            defer { state.newKeys = [] }
            return state.newKeys
        }
    }

    /// Cosignatures that are to be published.
    func takeCosignatures() -> [Cosignature] {
        monitor.withLock { state in
            defer { state.cosignatures = [] }
            return state.cosignatures
        }
    }

    /// Lets what is derived from the log forget entries too.
    ///
    /// - Parameters:
    ///   - order: The index of the record that orders it.
    ///   - entries: What is to be forgotten.
    /// - Returns: Whether it is done; until then it is to be called again.
    func finishElsewhere(_ order: UInt64, _ entries: [Range<UInt64>]) -> Bool {
        guard let erase = configuration.erase else { return true }
        let known = monitor.withLock { state -> Bool? in
            let known = state.erasures[order]
            if known == nil { state.erasures[order] = false }
            if known == true { state.erasures[order] = nil }
            return known
        }
        guard known == nil else { return known == true }
        erase(entries) { [self] isDone in
            monitor.withLock { $0.erasures[order] = isDone ? true : nil }
            monitor.wake(.integrator)
        }
        return false
    }
}

extension AuditLogStatus {
    /// Takes over what the last checkpoint left behind.
    mutating func note(_ state: LogState) {
        holds = state.holds
        minimumIndex = state.minimumIndex
        disclosuresFrom = state.disclosuresFrom
        signingKeys = state.keyIDs
        rotationUntil = state.bothUntil
        pendingOrders = state.pending.count
    }
}
