// SPDX-License-Identifier: Apache-2.0

import AuditTools
import Logging
import NIOCore
import NIOPosix

/// Lets the index forget what was erased from the log, or has served its term.
struct IndexErasure: Sendable {
    /// How long to wait after a failure.
    private static let pause = TimeAmount.seconds(5)

    let directory: String
    let origin: String
    let logger: Logger

    /// Drops the personal data of entries on a thread of its own, and says whether that is done.
    @Sendable
    func erase(_ entries: [Range<UInt64>], _ done: @escaping @Sendable (Bool) -> Void) {
        NIOThreadPool.singleton.submit { _ in
            do throws(AuditToolError) {
                try RecordIndex.dropPersonalData(of: entries.joined(), directory: directory, origin: origin)
                done(true)
            } catch {
                logger.warning("the index still holds erased data", metadata: ["error": "\(error)"])
                MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: Self.pause) { done(false) }
            }
        }
    }
}
