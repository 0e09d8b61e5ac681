// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// State behind a lock on which two threads can wait.
///
/// Unchecked: `state` is touched only while `mutex` is held.
final class Monitor<State>: @unchecked Sendable {
    /// Who waits, so that a wake-up reaches only the thread it concerns.
    enum Waiter: Int {
        case writer = 0
        case integrator = 1
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let conditions = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 2)
    private var state: State

    init(_ state: State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        for index in 0..<2 { pthread_cond_init(conditions + index, &attributes) }
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        for index in 0..<2 { pthread_cond_destroy(conditions + index) }
        pthread_mutex_destroy(mutex)
        conditions.deallocate()
        mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    func wake(_ waiter: Waiter) { pthread_cond_broadcast(conditions + waiter.rawValue) }

    /// Waits until `check` gives something; `nil` once the time is over.
    func wait<Result>(as waiter: Waiter, for duration: Duration?, until check: (inout State) -> Result?) -> Result? {
        var end = timespec()
        if let duration {
            clock_gettime(CLOCK_MONOTONIC, &end)
            let nanoseconds = Int64(end.tv_nsec) + duration.components.attoseconds / 1_000_000_000
            end.tv_sec += Int(duration.components.seconds + nanoseconds / 1_000_000_000)
            end.tv_nsec = Int(nanoseconds % 1_000_000_000)
        }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = check(&state) { return result }
            if duration == nil {
                pthread_cond_wait(conditions + waiter.rawValue, mutex)
            } else if pthread_cond_timedwait(conditions + waiter.rawValue, mutex, &end) != 0 {
                return check(&state)
            }
        }
    }
}
