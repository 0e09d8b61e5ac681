// SPDX-License-Identifier: Apache-2.0
public import ServiceLifecycle
import Synchronization

/// Keeps one issuer's key set fresh while the service group runs.
///
/// Readers take the current set without suspending. A token with an unknown key asks for a fetch with ``refresh()``: at
/// most one in 30 s, shared by all who wait. While fetches fail the old keys go on serving up to `maximumStale`.
public final class KeySetRefresher: Service, Sendable {
    /// A set with the moment it was fetched.
    struct Snapshot: Sendable {
        let keys: KeySet
        let revision: UInt64
        let loadedAt: Int64
    }

    private struct State {
        var snapshot: Snapshot?
        var failure: KeyFetchError?
        var failures = 0
        var fetches = 0
        var lastDemand: Int64?
        var dueAt = Int64.min
        var isRunning = false
        var isFetching = false
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    /// The issuer whose keys these are.
    public let issuer: String
    private let loader: KeySetLoader
    private let settings: KeyRefreshSettings
    private let clock: KeyClock
    private let onEvent: @Sendable (KeySetEvent) -> Void
    private let state = Mutex(State())
    private let demands: AsyncStream<Void>
    private let demand: AsyncStream<Void>.Continuation
    /// The revision and the end of use of the current set, for cache hits, which must not wait for a lock.
    private let currentRevision = Atomic<UInt64>(0)
    private let usableUntil = Atomic<Int64>(.min)

    /// Makes a refresher that has no keys yet.
    ///
    /// - Parameters:
    ///   - issuer: The issuer, exactly as its discovery document and tokens name it.
    ///   - source: Where the keys come from.
    ///   - settings: How often, and for how long without success.
    ///   - fetcher: Fetches documents; not used for files.
    ///   - clock: The time.
    ///   - onEvent: Told of changes and failures; called without any lock held.
    public init(
        issuer: String, source: KeySource, settings: KeyRefreshSettings = KeyRefreshSettings(),
        fetcher: DocumentFetcher, clock: KeyClock = .system,
        onEvent: @escaping @Sendable (KeySetEvent) -> Void = { _ in }
    ) {
        self.issuer = issuer
        self.settings = settings
        self.clock = clock
        self.onEvent = onEvent
        loader = KeySetLoader(issuer: issuer, source: source, fetcher: fetcher)
        (demands, demand) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Reading

    /// The keys to verify with at a moment.
    func usable(at now: Int64) throws(IdentityError) -> Snapshot {
        guard let snapshot = state.withLock({ $0.snapshot }) else { throw .keysNotLoaded(issuer: issuer) }
        guard now <= usableUntil.load(ordering: .acquiring) else {
            throw .keysStale(issuer: issuer, age: now.subtractingReportingOverflow(snapshot.loadedAt).partialValue)
        }
        return snapshot
    }

    /// Whether the set of this revision is still the current one, and not stale; costs two atomic reads.
    func isCurrent(_ revision: UInt64, at now: Int64) -> Bool {
        currentRevision.load(ordering: .acquiring) == revision && now <= usableUntil.load(ordering: .acquiring)
    }

    /// For how long keys serve while every fetch fails, in seconds: the declared staleness of the issuer.
    public var maximumStale: Int64 { settings.maximumStale }

    /// The current key set; `nil` before the first successful fetch.
    public var current: KeySet? { state.withLock { $0.snapshot?.keys } }

    /// Number, age and failure of the keys, for metrics and readiness.
    public var status: KeySetStatus {
        let now = clock.now()
        let isFresh = now <= usableUntil.load(ordering: .acquiring)
        return state.withLock { state in
            KeySetStatus(
                keys: state.snapshot?.keys.keys.count ?? 0,
                age: state.snapshot.map { max(0, now.subtractingReportingOverflow($0.loadedAt).partialValue) },
                isReady: state.snapshot != nil && isFresh, failure: state.failure, fetches: state.fetches)
        }
    }

    // MARK: Refreshing

    /// Whether ``refresh()`` would wait for a fetch now rather than return at once.
    public var acceptsDemand: Bool {
        let now = clock.now()
        return state.withLock { $0.isFetching || Self.isDemandDue($0, now) }
    }

    /// Waits for one fetch, started for this call or already under way.
    ///
    /// Returns at once if the last one asked for is less than 30 s ago. Cancelling the task ends the wait, not the
    /// fetch of a running service.
    public func refresh() async {
        enum Action { case join, fetch, nothing }
        let now = clock.now()
        let action = state.withLock { state -> Action in
            if state.isFetching { return .join }
            guard Self.isDemandDue(state, now) else { return .nothing }
            state.lastDemand = now
            guard state.isRunning else { return .fetch }
            state.isFetching = true
            demand.yield()
            return .join
        }
        switch action {
        case .join: await join()
        case .fetch: await fetch()
        case .nothing: break
        }
    }

    /// Fetches now, whatever the limit on demand, and waits; for start-up and reload.
    public func load() async { await fetch() }

    /// Fetches at once, then whenever the set is due, and on demand, until the service group shuts down.
    public func run() async throws {
        state.withLock { $0.isRunning = true }
        defer { stop() }
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.fetchWhenDue() }
                group.addTask { for await _ in self.demands { await self.fetch(onDemand: true) } }
                await group.waitForAll()
            }
        }
    }

    private func fetchWhenDue() async {
        while !Task.isCancelled {
            let now = clock.now()
            let dueAt = state.withLock { $0.dueAt }
            if dueAt <= now {
                await fetch()
            } else {
                do { try await clock.sleep(dueAt.subtractingReportingOverflow(now).partialValue) } catch { return }
            }
        }
    }

    private func stop() {
        state.withLock { $0.isRunning = false }
        abandon()
    }

    /// Ends a fetch that nobody waits for any more, as if it had not begun.
    private func abandon() {
        let waiters = state.withLock { state in
            state.isFetching = false
            state.lastDemand = nil
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    private static func isDemandDue(_ state: State, _ now: Int64) -> Bool {
        guard let last = state.lastDemand else { return true }
        let (elapsed, overflow) = now.subtractingReportingOverflow(last)
        return overflow || elapsed < 0 || elapsed >= KeyRefreshSettings.demandInterval
    }

    private func fetch(onDemand: Bool = false) async {
        let isOurs = state.withLock { state in
            guard onDemand || !state.isFetching else { return false }
            state.isFetching = true
            state.fetches += 1
            return true
        }
        guard isOurs else { return await join() }
        let result: Result<KeySetLoader.Loaded, KeyFetchError>
        do { result = .success(try await loader.load()) } catch { result = .failure(error) }
        // A caller that fetches itself, because the service does not run yet, and leaves, says nothing about the issuer.
        if Task.isCancelled, case .failure = result { return abandon() }
        finish(result)
    }

    private func finish(_ result: Result<KeySetLoader.Loaded, KeyFetchError>) {
        let now = clock.now()
        let (events, waiters) = state.withLock { state in
            let events = apply(result, to: &state, now)
            state.isFetching = false
            defer { state.waiters = [:] }
            return (events, state.waiters)
        }
        for waiter in waiters.values { waiter.resume() }
        for event in events { onEvent(event) }
    }

    private func apply(
        _ result: Result<KeySetLoader.Loaded, KeyFetchError>, to state: inout State, _ now: Int64
    ) -> [KeySetEvent] {
        switch result {
        case .failure(let error):
            state.failure = error
            state.failures = min(state.failures + 1, 16)
            let pause = state.snapshot == nil ? min(Int64(1) << state.failures, 30) : 30
            state.dueAt = now.addingReportingOverflow(pause).partialValue
            let age = state.snapshot.map { max(0, now.subtractingReportingOverflow($0.loadedAt).partialValue) }
            return [.failed(issuer: issuer, error, servingAge: age)]
        case .success(let loaded):
            var events: [KeySetEvent] = state.failures > 0 ? [.recovered(issuer: issuer)] : []
            (state.failures, state.failure) = (0, nil)
            let bounds = KeyRefreshSettings.intervalBounds
            let pause = loaded.freshness.map { min(max($0, bounds.lowerBound), bounds.upperBound) } ?? settings.interval
            state.dueAt = now.addingReportingOverflow(pause).partialValue
            let previous = state.snapshot
            let isSame = previous?.keys.isSame(as: loaded.keys) ?? false
            let revision = isSame ? previous?.revision ?? 1 : (previous?.revision ?? 0) + 1
            state.snapshot = Snapshot(keys: loaded.keys, revision: revision, loadedAt: now)
            usableUntil.store(endOfUse(now, pause), ordering: .releasing)
            currentRevision.store(revision, ordering: .releasing)
            if !isSame { events.append(change(from: previous?.keys ?? .empty, to: loaded.keys)) }
            return events
        }
    }

    /// Files never grow stale; a set whose own freshness exceeds `maximumStale` serves at least that long.
    private func endOfUse(_ now: Int64, _ pause: Int64) -> Int64 {
        if case .file = loader.source { return .max }
        return now.addingReportingOverflow(max(settings.maximumStale, pause)).partialValue
    }

    private func change(from old: KeySet, to new: KeySet) -> KeySetEvent {
        func names(_ keys: [VerificationKey], without others: [VerificationKey]) -> [String] {
            keys.filter { key in !others.contains { $0.isSame(as: key) } }.map { $0.keyID ?? $0.thumbprint }
        }
        return .changed(
            issuer: issuer, added: names(new.keys, without: old.keys), removed: names(old.keys, without: new.keys))
    }

    // MARK: Waiting

    private func join() async {
        let id = state.withLock { state in
            state.nextWaiter &+= 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.isFetching, !Task.isCancelled else { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
