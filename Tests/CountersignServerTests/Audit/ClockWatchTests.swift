// SPDX-License-Identifier: Apache-2.0

import DecisionEngine
import Foundation
import Logging
import Synchronization
import Testing

@testable import CountersignServer

@Suite("Steps of the wall clock: THREATS D4", .timeLimit(.minutes(30)))
struct ClockWatchTests {
    @Test("a step of more than a second drops caches, forward or back; a smaller one does not", arguments: [-5, 5])
    func steps(seconds: Int64) async throws {
        let wall = Mutex<Int64>(0)
        let drops = Mutex(0)
        let looks = Mutex(0)
        let folder = NSTemporaryDirectory() + "clock-" + UUID().uuidString
        let audit = AuditTrail(
            recorder: .off, sets: nil, directory: nil, verifierKeys: [],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            archive: ArchiveProgress(data: folder, target: nil), witnesses: WitnessStatus())
        var watch = ClockWatch(audit: audit, logger: audit.logger) { drops.withLock { $0 += 1 } }
        watch.wall = {
            looks.withLock { $0 += 1 }
            return wall.withLock { $0 }
        }
        (watch.steady, watch.interval) = ({ 0 }, .milliseconds(1))
        let watching = watch
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await watching.run() }
            func look(_ more: Int) async { while looks.withLock({ $0 }) < more { await Task.yield() } }
            await look(1)
            wall.withLock { $0 += 900_000 }
            let before = looks.withLock { $0 }
            await look(before + 2)
            #expect(drops.withLock { $0 } == 0)
            wall.withLock { $0 += seconds * 1_000_000 }
            while drops.withLock({ $0 }) == 0 { await Task.yield() }
            let after = looks.withLock { $0 }
            await look(after + 2)
            #expect(drops.withLock { $0 } == 1)
            group.cancelAll()
        }
    }
}
