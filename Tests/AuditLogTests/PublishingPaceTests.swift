// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import AuditLog

@Suite("When the tree grows", .timeLimit(.minutes(30)))
struct PublishingPaceTests {
    private let start = ContinuousClock.now
    private var pace: PublishingPace { PublishingPace(interval: .seconds(1), now: start) }

    private func size(
        _ pace: PublishingPace, over size: UInt64, upTo end: UInt64, age: Duration, isUrgent: Bool = false
    ) -> UInt64? {
        pace.size(over: size, upTo: end, oldest: start, isUrgent: isUrgent, now: start + age)
    }

    @Test("a lone record waits for half the interval, and then whatever is durable is published")
    func publishesWhatIsDue() {
        #expect(size(pace, over: 10, upTo: 11, age: .milliseconds(499)) == nil)
        #expect(size(pace, over: 10, upTo: 11, age: .milliseconds(500)) == 11)
        #expect(size(pace, over: 10, upTo: 700, age: .milliseconds(500)) == 700)
    }

    @Test("before that only whole bundles are published")
    func publishesWholeBundles() {
        #expect(size(pace, over: 10, upTo: 255, age: .zero) == nil)
        #expect(size(pace, over: 10, upTo: 256, age: .zero) == 256)
        #expect(size(pace, over: 256, upTo: 700, age: .zero) == 512)
        #expect(size(pace, over: 512, upTo: 700, age: .zero) == nil)
    }

    @Test("passes under load begin 100 ms after one another, but a record that is due does not wait for that")
    func keepsDistance() {
        var pace = pace
        pace.begin(upTo: 300, of: 300, now: start)
        #expect(size(pace, over: 0, upTo: 3000, age: .milliseconds(99)) == nil)
        #expect(size(pace, over: 0, upTo: 3000, age: .milliseconds(100)) == 2816)
        pace.begin(upTo: 300, of: 300, now: start + .milliseconds(450))
        #expect(size(pace, over: 0, upTo: 3000, age: .milliseconds(500)) == 3000)
    }

    @Test("a pass takes sixteen bundles at most, and the next one follows at once")
    func limitsPasses() {
        var pace = pace
        #expect(size(pace, over: 10, upTo: 9000, age: .zero) == 4096)
        #expect(size(pace, over: 10, upTo: 9000, age: .seconds(2)) == 4096)
        pace.begin(upTo: 4096, of: 9000, now: start)
        #expect(size(pace, over: 4096, upTo: 9000, age: .zero) == 8192)
        pace.begin(upTo: 8960, of: 9000, now: start)
        #expect(size(pace, over: 8192, upTo: 9000, age: .zero) == nil)
    }

    @Test("when the queue fills, unfinished bundles are published as well")
    func publishesWhenUrgent() {
        #expect(size(pace, over: 512, upTo: 700, age: .zero, isUrgent: true) == 700)
        #expect(size(pace, over: 512, upTo: 512, age: .seconds(9), isUrgent: true) == nil)
    }

    @Test(
        "a pass begins by three quarters of the interval, whenever the record came",
        arguments: [10, 100, 1000, 60_000])
    func beginsInTime(milliseconds: Int) {
        let interval = Duration.milliseconds(milliseconds)
        for place in 0..<40 {
            var pace = PublishingPace(interval: interval, now: start)
            let record = start + interval / 10 * place
            var now = start
            while pace.size(over: 7, upTo: 8, oldest: record, isUrgent: false, now: now) == nil || now < record {
                now += pace.timeout(now: now)
                if now < record { pace.begin(upTo: 7, of: 7, now: now) }
            }
            #expect(record.duration(to: now) <= interval * 3 / 4)
        }
    }

    @Test("a log under load publishes whole bundles only and signs once for them")
    func publishesBundlesOfALog() async throws {
        let fixture = try LogFixture()
        var configuration = fixture.configuration
        configuration.checkpointInterval = .seconds(86_400)
        let log = try AuditLog.open(configuration)
        _ = await LogFixture.append(600, to: log)
        try await eventually { log.status.checkpointSize == 512 }
        #expect(try fixture.checkpoint.size == 512)
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture.path("log/tile/entries"))
        #expect(names.sorted() == ["000", "001"])
        await log.close()
        #expect(fixture.verify().problems == [])
        #expect(try fixture.checkpoint.size == 602)
    }

    @Test("the memory of published records is used again")
    func usesMemoryAgain() async throws {
        let fixture = try LogFixture()
        let log = try fixture.open()
        for wave in 1...20 {
            _ = await LogFixture.append(512, to: log)
            try await eventually { log.status.checkpointSize >= UInt64(512 * wave) }
        }
        // All waves together fill about 25 pieces of 128 KiB.
        #expect(log.status.memoryPieces <= 12)
        await log.close()
        #expect(fixture.verify().problems == [])
    }
}
