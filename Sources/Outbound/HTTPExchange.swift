// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization

/// The fate of one exchange: it ends exactly once, by its answer, an error, the deadline or a cancellation.
final class HTTPExchange: Sendable {
    private struct State {
        var isFinished = false
        var channel: (any Channel)?
    }

    let loop: any EventLoop
    private let promise: EventLoopPromise<OutboundResponse>
    private let state = Mutex(State())
    private let timer: Scheduled<Void>

    var result: EventLoopFuture<OutboundResponse> { promise.futureResult }
    var isFinished: Bool { state.withLock { $0.isFinished } }

    init(loop: any EventLoop, url: OutboundURL, deadline: Duration) {
        self.loop = loop
        let promise = loop.makePromise(of: OutboundResponse.self)
        self.promise = promise
        let expired = loop.makePromise(of: Void.self)
        timer = loop.scheduleTask(in: TimeAmount(deadline)) { expired.succeed() }
        let (seconds, attoseconds) = deadline.components
        let milliseconds =
            seconds.multipliedReportingOverflow(by: 1000).partialValue + attoseconds / 1_000_000_000_000_000
        timer.futureResult.whenFailure { expired.fail($0) }
        expired.futureResult.whenSuccess { [weak self] in
            self?.finish(.failure(OutboundError.deadlineExceeded(host: url.host, milliseconds: milliseconds)))
        }
    }

    /// Ties the connection to the exchange; closes it at once if the exchange is over.
    func adopt(_ channel: any Channel) {
        let isFinished = state.withLock { state in
            state.channel = channel
            return state.isFinished
        }
        if isFinished { channel.close(promise: nil) }
    }

    /// Ends the exchange; only the first call counts.
    func finish(_ result: Result<OutboundResponse, any Error>) {
        let (isFirst, channel) = state.withLock { state in
            defer { state.isFinished = true }
            return (!state.isFinished, state.channel)
        }
        guard isFirst else { return }
        timer.cancel()
        promise.completeWith(result)
        channel?.close(promise: nil)
    }
}
