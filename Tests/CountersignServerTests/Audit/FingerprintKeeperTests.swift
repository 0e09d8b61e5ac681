// SPDX-License-Identifier: Apache-2.0

import DecisionEngine
import Foundation
import Identity
import Logging
import Synchronization
import Testing

@testable import CountersignServer

@Suite("Fingerprints under another key each quarter: AUDIT, section 4", .timeLimit(.minutes(30)))
struct FingerprintKeeperTests {
    @Test("quarters are those of UTC")
    func quarters() {
        for (seconds, name) in [(1_798_761_599, "2026q4"), (1_798_761_600, "2027q1"), (0, "1970q1")] {
            #expect(CredentialKey.quarter(of: Date(timeIntervalSince1970: Double(seconds))) == name)
        }
    }

    @Test("a process that runs over the end of a quarter goes on under the next one's key")
    func rotates() async throws {
        let folder = NSTemporaryDirectory() + "quarter-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let time = Mutex(Date(timeIntervalSince1970: 1_798_761_599))
        let drops = Mutex(0)
        let fingerprint = CredentialFingerprint(key: try CredentialKey.load(folder, now: time.withLock { $0 }))
        let copy = fingerprint
        let before = copy.text(of: "credential")
        let audit = AuditTrail(
            recorder: .off, sets: nil, directory: nil, verifierKeys: [],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            archive: ArchiveProgress(data: folder, target: nil), witnesses: WitnessStatus())
        var keeper = FingerprintKeeper(data: folder, fingerprint: fingerprint, audit: audit, logger: audit.logger) {
            drops.withLock { $0 += 1 }
        }
        let looks = Mutex(0)
        keeper.interval = .milliseconds(1)
        keeper.now = {
            looks.withLock { $0 += 1 }
            return time.withLock { $0 }
        }
        let running = keeper
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await running.run() }
            while looks.withLock({ $0 }) < 3 { await Task.yield() }
            #expect(copy.text(of: "credential") == before)
            time.withLock { $0 += 1 }
            while drops.withLock({ $0 }) == 0 { await Task.yield() }
            group.cancelAll()
        }
        let after = copy.text(of: "credential")
        #expect(after != before)
        let key = try CredentialKey.load(folder, now: Date(timeIntervalSince1970: 1_798_761_600))
        #expect(after == CredentialFingerprint(key: key).text(of: "credential"))
    }
}
