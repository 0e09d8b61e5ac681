// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle

/// Runs work that is handed over from places that cannot wait, one piece after another, while the service group runs.
final class BackgroundWork: Service {
    private let work: AsyncStream<@Sendable () async -> Void>
    private let continuation: AsyncStream<@Sendable () async -> Void>.Continuation

    init() { (work, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1024)) }

    func add(_ piece: @escaping @Sendable () async -> Void) { continuation.yield(piece) }

    func run() async throws {
        for await piece in work.cancelOnGracefulShutdown() { await piece() }
    }
}
