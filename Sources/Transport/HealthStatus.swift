// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Which services serve, as grpc.health.v1 tells it: set by the server, read by Check, followed by Watch.
package final class HealthStatus: Sendable {
    /// `grpc.health.v1.HealthCheckResponse.ServingStatus`.
    package enum Serving: UInt64, Sendable, Hashable {
        case unknown = 0
        case serving = 1
        case notServing = 2
        case serviceUnknown = 3
    }

    private struct State {
        var statuses: [String: Serving] = ["": .serving]
        var isShutDown = false
        var watchers: [Int: (service: String, notify: @Sendable (Serving) -> Void)] = [:]
        var nextWatcher = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Sets one service's status; the empty name stands for the whole server.
    ///
    /// Without effect after `shutDown`.
    package func set(_ serving: Serving, service: String = "") {
        let notifications = state.withLock { state -> [@Sendable (Serving) -> Void] in
            guard !state.isShutDown, state.statuses[service] != serving else { return [] }
            state.statuses[service] = serving
            return state.watchers.values.filter { $0.service == service }.map(\.notify)
        }
        for notify in notifications { notify(serving) }
    }

    /// Sets every service to not serving, for good.
    package func shutDown() {
        let notifications = state.withLock { state in
            state.isShutDown = true
            for service in state.statuses.keys { state.statuses[service] = .notServing }
            return state.watchers.values.map(\.notify)
        }
        for notify in notifications { notify(.notServing) }
    }

    /// `nil` for a service that was never set.
    package func status(of service: String) -> Serving? {
        state.withLock { $0.statuses[service] }
    }

    /// Calls back at once with the present status, then with every change, until `unwatch`.
    func watch(_ service: String, _ notify: @escaping @Sendable (Serving) -> Void) -> Int {
        let (number, present) = state.withLock { state in
            let number = state.nextWatcher
            state.nextWatcher += 1
            state.watchers[number] = (service, notify)
            return (number, state.statuses[service] ?? .serviceUnknown)
        }
        notify(present)
        return number
    }

    func unwatch(_ number: Int) {
        _ = state.withLock { $0.watchers.removeValue(forKey: number) }
    }
}
