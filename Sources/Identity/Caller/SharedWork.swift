// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Work that several may wait for while one of them does it, each piece by a digest; bounded.
///
/// Whoever comes first does the work in its own task. If it is cancelled before it is done, one of those that wait takes
/// over; cancelling one of them ends its wait alone.
final class SharedWork<Value: Sendable>: Sendable {
    /// How a wait ended.
    enum Outcome: Sendable {
        case done(Value)
        /// Too much is under way.
        case overloaded
        /// The waiting task was cancelled.
        case cancelled
    }

    private enum Signal: Sendable {
        case done(Value)
        case takeOver
        case cancelled
    }

    private struct State {
        var waiters: [TokenDigest: [UInt64: CheckedContinuation<Signal, Never>]] = [:]
        var next: UInt64 = 0
    }

    private enum Role { case leader, joiner(UInt64), refused }

    private let limit: Int
    private let state = Mutex(State())

    /// Makes a place for work of which so many different pieces may be under way at once.
    init(limit: Int) { self.limit = limit }

    /// The number of pieces under way.
    var underway: Int { state.withLock { $0.waiters.count } }

    /// Does a piece of work or waits for it; `work` returns `nil` if its task was cancelled before it was done.
    func value(for digest: TokenDigest, _ work: () async -> Value?) async -> Outcome {
        while true {
            let role = state.withLock { state -> Role in
                if state.waiters[digest] != nil {
                    state.next &+= 1
                    return .joiner(state.next)
                }
                guard state.waiters.count < limit else { return .refused }
                state.waiters[digest] = [:]
                return .leader
            }
            switch role {
            case .refused: return .overloaded
            case .leader:
                let value = await work()
                let waiters = state.withLock { $0.waiters.removeValue(forKey: digest) ?? [:] }
                for waiter in waiters.values { waiter.resume(returning: value.map { .done($0) } ?? .takeOver) }
                return value.map { .done($0) } ?? .cancelled
            case .joiner(let id):
                switch await join(digest, id) {
                case .done(let value): return .done(value)
                case .cancelled: return .cancelled
                case .takeOver: continue
                }
            }
        }
    }

    private func join(_ digest: TokenDigest, _ id: UInt64) async -> Signal {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Signal, Never>) in
                let signal = state.withLock { state -> Signal? in
                    if Task.isCancelled { return .cancelled }
                    guard state.waiters[digest] != nil else { return .takeOver }
                    state.waiters[digest]?[id] = continuation
                    return nil
                }
                if let signal { continuation.resume(returning: signal) }
            }
        } onCancel: {
            state.withLock { $0.waiters[digest]?.removeValue(forKey: id) }?.resume(returning: .cancelled)
        }
    }
}
