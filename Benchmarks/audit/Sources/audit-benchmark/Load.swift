// SPDX-License-Identifier: Apache-2.0

import AuditLog
import Foundation
import NIOCore
import NIOPosix

/// A closed loop on one event loop: so many records in flight, each completion makes the next one.
final class Load: @unchecked Sendable {
    private let loop: any EventLoop
    private let log: AuditLog?
    private let make: (Int) -> AuditRecord
    private var remaining: Int
    private var open = 0
    private var latencies: [Double] = []
    private let done: EventLoopPromise<[Double]>

    /// Unchecked: everything is touched on the event loop only.
    private init(_ count: Int, log: AuditLog?, loop: any EventLoop, make: ((Int) -> AuditRecord)?) {
        self.loop = loop
        self.log = log
        remaining = count
        let sample = SampleRecord(boot: log?.boot ?? "none")
        var commitments = Commitments()
        self.make = make ?? { _ in sample.make(&commitments) }
        done = loop.makePromise()
        latencies.reserveCapacity(count)
    }

    /// Runs to the end; returns the sorted latencies in microseconds.
    static func run(
        _ count: Int, inFlight: Int, log: AuditLog?, loop: any EventLoop, make: ((Int) -> AuditRecord)? = nil
    ) throws -> [Double] {
        let load = Load(count, log: log, loop: loop, make: make)
        loop.execute { for _ in 0..<inFlight { load.next() } }
        return try load.done.futureResult.wait().sorted()
    }

    private func next() {
        guard remaining > 0 else { return }
        remaining -= 1
        open += 1
        let start = DispatchTime.now().uptimeNanoseconds
        let record = make(remaining)
        guard let log else {
            loop.execute { self.finish(start) }
            return
        }
        log.append(record, on: loop) { result in
            guard case .success = result else { return self.done.fail(CocoaError(.fileWriteUnknown)) }
            self.finish(start)
        }
    }

    private func finish(_ start: UInt64) {
        latencies.append(Double(DispatchTime.now().uptimeNanoseconds - start) / 1000)
        open -= 1
        next()
        if open == 0, remaining == 0 { done.succeed(latencies) }
    }
}
