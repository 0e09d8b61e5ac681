// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Runs on a thread with the stack of an event loop: 512 KiB.
final class SmallStack<Result: Sendable>: Sendable {
    private let body: @Sendable () -> Result
    private let result = Mutex<Result?>(nil)
    private let done = DispatchSemaphore(value: 0)

    private init(_ body: @escaping @Sendable () -> Result) { self.body = body }

    private func perform() {
        let answer = body()
        result.withLock { $0 = answer }
        done.signal()
    }

    static func run(_ body: @escaping @Sendable () -> Result) -> Result? {
        let work = SmallStack(body)
        let thread = Thread { work.perform() }
        thread.stackSize = 512 * 1024
        thread.start()
        work.done.wait()
        return work.result.withLock { $0 }
    }
}
