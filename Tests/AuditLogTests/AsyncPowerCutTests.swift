// SPDX-License-Identifier: Apache-2.0

import StrictJSON
import Synchronization
import Testing

@testable import AuditLog

@Suite("A power cut in async mode takes no more than was declared: AUDIT, section 3", .timeLimit(PowerCutCount.limit))
struct AsyncPowerCutTests {
    private static let most = 16

    private static func configuration(_ disk: SimulatedDisk, _ key: LogSigningKey) throws -> AuditLogConfiguration {
        var configuration = try LogFixture().configuration
        configuration.directory = "/disk/audit"
        configuration.key = key
        configuration.mode = .async(whenFull: .block)
        configuration.maximumUnsyncedRecords = most
        configuration.maximumDelay = .seconds(10)
        configuration.segmentBytes = 8192
        configuration.probeDuration = .seconds(60)
        configuration.fileSystem = disk.fileSystem
        return configuration
    }

    /// What callers were told.
    private struct Answers: Sendable {
        var strict: Set<String> = []
        var early: Set<String> = []
        var held: Set<String> = []

        mutating func add(_ id: String, isStrict: Bool, _ receipt: AuditReceipt) {
            if isStrict {
                strict.insert(id)
            } else if receipt.isDurable {
                held.insert(id)
            } else {
                early.insert(id)
            }
        }
    }

    /// Appends strict records and others in turn until the power goes.
    private static func fill(_ disk: SimulatedDisk, _ key: LogSigningKey) async throws -> Answers {
        let answers = Mutex(Answers())
        guard let log = try? AuditLog.open(try configuration(disk, key)) else { return Answers() }
        for batch in [1, 40, 3, 80, 20] {
            await withCheckedContinuation { continuation in
                let left = Mutex(batch)
                for place in 0..<batch {
                    let id = UUIDv7()
                    var record = LogFixture.record(boot: log.boot, id: id)
                    let isStrict = place % 3 == 0
                    if isStrict { record.release = .whenDurable }
                    log.append(record, on: LogFixture.loop) { result in
                        if let receipt = try? result.get() {
                            answers.withLock { $0.add(id.description, isStrict: isStrict, receipt) }
                        }
                        let isLast = left.withLock { left in
                            left -= 1
                            return left == 0
                        }
                        if isLast { continuation.resume() }
                    }
                }
            }
        }
        await log.close()
        return answers.withLock { $0 }
    }

    /// The ids of all records of a log at rest.
    private static func ids(_ disk: SimulatedDisk) throws -> Set<String> {
        let source = try LogSource(directory: LogDirectory(path: "/disk/audit", fileSystem: disk.fileSystem))
        let size = try Checkpoint(parsing: SignedNote(parsing: source.checkpointNote()).text).size
        var ids: Set<String> = []
        for number in 0..<(size + 255) >> 8 {
            let (bytes, entries) = try source.tiles.entries(number, width: Int(min(256, size - number << 8)))
            for entry in entries {
                let record = try JSONValue.parse(Array(bytes[entry])).objectValue
                ids.insert(try #require(record?["id"]?.stringValue))
            }
        }
        return ids
    }

    @Test("nothing that was answered in strict mode is lost, of the rest no more than the window holds")
    func losesWithinBounds() async throws {
        let key = try LogSigningKey(origin: "test/one")
        let whole = SimulatedDisk(cutAt: nil, seed: 0)
        let complete = try await Self.fill(whole, key)
        #expect(complete.strict.count + complete.early.count + complete.held.count == 144)
        #expect(!complete.early.isEmpty)
        let operations = whole.operations
        var lost = 0
        for cut in 0..<PowerCutCount.wanted {
            let point = 1 + cut * operations / PowerCutCount.wanted
            let disk = SimulatedDisk(cutAt: point, seed: UInt64(cut))
            let answers = try await Self.fill(disk, key)
            let survivor = disk.afterPowerCut()
            let log = try AuditLog.open(try Self.configuration(survivor, key))
            await log.close()
            let ids = try Self.ids(survivor)
            #expect(answers.strict.isSubset(of: ids), "cut at operation \(point), seed \(cut)")
            #expect(answers.held.isSubset(of: ids), "cut at operation \(point), seed \(cut)")
            let missing = answers.early.subtracting(ids).count
            #expect(missing <= Self.most, "cut at operation \(point), seed \(cut)")
            lost += missing
            var verifier = LogVerifier(keys: [key.verifierKey])
            verifier.fileSystem = survivor.fileSystem
            verifier.checksRecords = true
            #expect(verifier.verify(directory: "/disk/audit").problems == [], "cut at operation \(point), seed \(cut)")
        }
        #expect(lost > 0, "a test whose cuts take nothing shows nothing")
        print("power cuts in async mode: \(lost) records lost that might be, of \(PowerCutCount.wanted) cuts")
    }
}
