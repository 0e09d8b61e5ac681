// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON
import Synchronization
import Testing

@testable import AuditLog

@Suite("Tampering with a log directory is noticed", .timeLimit(.minutes(30)))
struct TamperingTests {
    /// A log of three process runs with a hole, its explanation, and an older checkpoint.
    private static func sample() async throws -> (fixture: LogFixture, older: LogFixture) {
        let fixture = try LogFixture()
        let first = try fixture.open()
        _ = await LogFixture.append(300, to: first)
        await first.close()
        let older = try fixture.copy()
        // Without a deadline what finds the queue full is refused, and a gap says so.
        let isOpen = Atomic<Bool>.Box(true)
        let second = try FullQueueTests.slowLog(fixture, isOpen, mode: .strict)
        isOpen.value.store(false, ordering: .releasing)
        async let results = LogFixture.append(60, to: second)
        try await eventually { second.status.refusedRecords == 56 }
        isOpen.value.store(true, ordering: .releasing)
        _ = await results
        _ = await LogFixture.append(1, to: second)
        await second.close()
        let third = try fixture.open()
        _ = await LogFixture.append(256, to: third)
        await third.close()
        return (fixture, older)
    }

    private static func place(_ type: String, in fixture: LogFixture) throws -> Int {
        let entries = try fixture.entries()
        return try #require(
            entries.firstIndex { (try? JSONValue.parse($0).objectValue?["t"]?.stringValue) == type })
    }

    private static let bundle = "log/tile/entries/000"
    private static let tile = "log/tile/0/000"
    private static let disclosures = "disclosures/000.jsonl"

    private static var files: [Tampering] {
        [
            Tampering("an entry's byte") { try $0.edit(bundle) { $0[300] ^= 1 } },
            Tampering("an entry's length") { try $0.edit(bundle) { $0[1] ^= 1 } },
            Tampering("a bundle cut short") { try $0.edit(bundle) { $0.removeLast() } },
            Tampering("a bundle with something behind it") { try $0.edit(bundle) { $0 += [0, 1, 65] } },
            Tampering("an empty bundle") { try $0.edit(bundle) { $0 = [] } },
            Tampering("bundles swapped") { try $0.swap(bundle, "log/tile/entries/001") },
            Tampering("a bundle missing at the beginning") { try $0.remove(bundle) },
            Tampering("a bundle missing in the middle") { try $0.remove("log/tile/entries/001") },
            Tampering("a bundle in place of another") {
                try $0.write(try $0.bytes(bundle), to: "log/tile/entries/001")
            },
            Tampering("a hash") { try $0.edit(tile) { $0[100] ^= 0x80 } },
            Tampering("a tile cut short") { try $0.edit(tile) { $0.removeLast(32) } },
            Tampering("a tile cut within a hash") { try $0.edit(tile) { $0.removeLast(5) } },
            Tampering("a tile with another hash behind it") { try $0.edit(tile) { $0 += $0[..<32] } },
            Tampering("tiles swapped") { try $0.swap(tile, "log/tile/0/001") },
            Tampering("a tile missing") { try $0.remove(tile) },
            Tampering("a tile of level 1 changed") { fixture in
                let names = try FileManager.default.contentsOfDirectory(atPath: fixture.path("log/tile/1/000.p"))
                for name in names { try fixture.edit("log/tile/1/000.p/\(name)") { $0[0] ^= 1 } }
            },
            Tampering("the tiles of level 1 missing") { try $0.remove("log/tile/1") },
            Tampering("a bundle of less width that says something else") { fixture in
                let size = try fixture.checkpoint.size
                let folder = "log/" + TilePath.entries(size >> 8) + ".p"
                let narrow = try fixture.bytes(folder + "/\(size & 0xFF)").dropLast(1)
                try fixture.write(Array(narrow), to: folder + "/\((size & 0xFF) - 1)")
            },
            Tampering("a tile of less width that says something else") { fixture in
                let size = try fixture.checkpoint.size
                let folder = "log/" + TilePath.tile(level: 0, index: size >> 8) + ".p"
                try fixture.write([UInt8](repeating: 7, count: 32), to: folder + "/1")
            },
            Tampering("the checkpoint missing") { try $0.remove("log/checkpoint") },
            Tampering("the checkpoint's size") { fixture in
                try fixture.editCheckpoint { note in
                    let size = try fixture.checkpoint.size
                    let text = String(decoding: note.text, as: UTF8.self)
                    note.text = Array(text.replacingOccurrences(of: "\n\(size)\n", with: "\n\(size - 1)\n").utf8)
                }
            },
            Tampering("the checkpoint's root") { try $0.editCheckpoint { $0.text[$0.text.count - 10] ^= 1 } },
            Tampering("another line in the checkpoint") { try $0.editCheckpoint { $0.text += Array("more\n".utf8) } },
            Tampering("the checkpoint's signature") { try $0.editCheckpoint { $0.signatures[0].bytes[9] ^= 1 } },
            Tampering("the checkpoint without the log's signature") { fixture in
                try fixture.editCheckpoint {
                    $0.signatures = [.init(name: "other", keyID: 1, bytes: [UInt8](repeating: 1, count: 64))]
                }
            },
            Tampering("the checkpoint of another key of the same name") { fixture in
                let other = try LogSigningKey(origin: "test/one")
                let note = try fixture.checkpoint.note(signedBy: [other])
                try fixture.write(note.bytes, to: "log/checkpoint")
            },
            Tampering("the checkpoint of another origin, by the log's key") { fixture in
                var checkpoint = try fixture.checkpoint
                checkpoint.origin = "test/two"
                try fixture.write(checkpoint.note(signedBy: [fixture.key]).bytes, to: "log/checkpoint")
            },
            Tampering("an entry rewritten with all hashes above it, unsigned") { fixture in
                var entries = try fixture.entries()
                entries[5][200] ^= 1
                try fixture.rewrite(entries, signedBy: nil, disclosures: true)
            },
            Tampering("the last entry taken away with all hashes above it, unsigned") { fixture in
                try fixture.rewrite(Array(try fixture.entries().dropLast()), signedBy: nil, disclosures: true)
            },
        ]
    }

    private static var disclosed: [Tampering] {
        [
            Tampering("a disclosure's byte") { try $0.edit(disclosures) { $0[60] ^= 1 } },
            Tampering("a disclosure of another entry") {
                try $0.editLines(disclosures) { lines in
                    lines[1] = lines[0].replacingOccurrences(of: "\"i\":1,", with: "\"i\":2,")
                }
            },
            Tampering("disclosures in another order") { try $0.editLines(disclosures) { $0.swapAt(3, 4) } },
            Tampering("a disclosure twice") { try $0.editLines(disclosures) { $0.insert($0[3], at: 3) } },
            Tampering("disclosures of another bundle") { try $0.swap(disclosures, "disclosures/001.jsonl") },
            Tampering("a line that is none") { try $0.editLines(disclosures) { $0[7] = "nonsense" } },
            Tampering("another value under the same salt") { fixture in
                try fixture.editLines(disclosures) { lines in
                    guard let text = DisclosureLines.texts(ofLine: Array(lines[9].utf8)[...]).first,
                        let bytes = Base64.decode(text.utf8, .urlSafe)
                    else { return }
                    let other = String(decoding: bytes, as: UTF8.self).replacingOccurrences(
                        of: "alice", with: "mallory")
                    lines[9] = lines[9].replacingOccurrences(of: text, with: Base64.encode(Array(other.utf8), .urlSafe))
                }
            },
        ]
    }

    private static var states: [Tampering] {
        [
            Tampering("the state's byte") { try $0.edit("state.json") { $0[20] ^= 1 } },
            Tampering("a smaller state") { try $0.editState { $0.size -= 1 } },
            Tampering("a state of another root") { try $0.editState { $0.root = TreeHash.leaf([1]) } },
            Tampering("a state of another origin") { try $0.editState { $0.origin = "test/two" } },
            Tampering("a state of another key") { try $0.editState { $0.keyIDs = ["00000000"] } },
            Tampering("a state that says entries were pruned") { try $0.editState { $0.minimumIndex = 256 } },
            Tampering("a state that says disclosures were pruned") { try $0.editState { $0.disclosuresFrom = 256 } },
            Tampering("a state with a hold that nobody set") { try $0.editState { $0.holds = ["x"] } },
            Tampering("a state with an order that nobody gave") { try $0.editState { $0.pending = [3] } },
            Tampering("a pruned state and a bundle gone") { fixture in
                try fixture.editState { $0.minimumIndex = 256 }
                try fixture.remove(bundle)
            },
            Tampering("another key in log.vkey") { fixture in
                let other = try LogSigningKey(origin: "test/one").verifierKey
                try fixture.write(Array("\(other)\n".utf8), to: "log.vkey")
            },
            Tampering("a byte of log.vkey") { try $0.edit("log.vkey") { $0[$0.count - 10] ^= 1 } },
            Tampering("a cosigned checkpoint of another history") { fixture in
                let fork = Checkpoint(origin: "test/one", size: 4, root: TreeHash.leaf([1]))
                try fixture.write(fork.note(signedBy: [fixture.key]).bytes, to: "log/cosigned")
            },
        ]
    }

    /// What an insider with the log's key writes: tree and signature are right, the records are not.
    private static var histories: [Tampering] {
        [
            Tampering("a record taken out") { try $0.rewrite { $0.remove(at: 40) } },
            Tampering("a record twice") { try $0.rewrite { $0.insert($0[40], at: 40) } },
            Tampering("records swapped") { try $0.rewrite { $0.swapAt(40, 41) } },
            Tampering("the gap record taken out") { fixture in
                let place = try place("gap", in: fixture)
                try fixture.rewrite { $0.remove(at: place) }
            },
            Tampering("a gap that explains more") { fixture in
                try fixture.rewriteRecord(try place("gap", in: fixture)) {
                    $0["gap"] = ["count": 9, "from": 2, "reason": "disk_full", "to": 10]
                }
            },
            Tampering("a boot record taken out") { try $0.rewrite { $0.removeFirst() } },
            Tampering("n counted anew after a hole") { try $0.rewriteRecord(40) { $0["n"] = 40 } },
            Tampering("n of zero") { try $0.rewriteRecord(0) { $0["n"] = 0 } },
            Tampering("a record of another run") { try $0.rewriteRecord(40) { $0["boot"] = "AAAAAAAAAAAAAAAAAAAAAA" } },
            Tampering("another version") { try $0.rewriteRecord(40) { $0["v"] = 2 } },
            Tampering("no type") { try $0.rewriteRecord(40) { $0["t"] = nil } },
            Tampering("a time that is none") { try $0.rewriteRecord(40) { $0["ts"] = "yesterday" } },
            Tampering("an id that is none") { try $0.rewriteRecord(40) { $0["id"] = "0" } },
            Tampering("a verdict that is none") { try $0.rewriteRecord(40) { $0["dec"] = ["verdict": "maybe"] } },
            Tampering("a commitment that is none") { try $0.rewriteRecord(40) { $0["sd"] = ["sub": "alice"] } },
            Tampering("members in another order") { fixture in
                try fixture.rewrite { entries in
                    var text = String(decoding: entries[40], as: UTF8.self)
                    text = "{\"v\":1," + text.dropFirst().replacingOccurrences(of: ",\"v\":1}", with: "}")
                    entries[40] = Array(text.utf8)
                }
            },
            Tampering("spaces between members") { fixture in
                try fixture.rewrite {
                    $0[40] = Array(String(decoding: $0[40], as: UTF8.self).replacing(",", with: ", ").utf8)
                }
            },
            Tampering("a member twice") { fixture in
                try fixture.rewrite {
                    $0[40] = Array(("{\"boot\":\"x\"," + String(decoding: $0[40].dropFirst(), as: UTF8.self)).utf8)
                }
            },
            Tampering("not JSON") { try $0.rewrite { $0[40] = Array("nothing".utf8) } },
            Tampering("a record larger than a record may be") { fixture in
                try fixture.rewriteRecord(40) {
                    $0["dec"] = ["verdict": .string(String(repeating: "a", count: 17_000))]
                }
            },
        ]
    }

    @Test("by the verifier")
    func verifierNotices() async throws {
        let (fixture, _) = try await Self.sample()
        #expect(fixture.verify().problems == [])
        let all = Self.files + Self.disclosed + Self.states + Self.histories
        #expect(all.count >= 60)
        var noticed = 0
        for tampering in all {
            let copy = try fixture.copy()
            try tampering.change(copy)
            let isVerified = copy.verify().isVerified
            #expect(!isVerified, "\(tampering.name)")
            if !isVerified { noticed += 1 }
        }
        print("tampering, by the verifier: \(noticed) of \(all.count) cases noticed")
    }

    @Test("by the verifier that has an older checkpoint, even if all is signed anew")
    func oldCheckpointNotices() async throws {
        let (fixture, older) = try await Self.sample()
        var verifier = fixture.verifier
        verifier.oldCheckpoints = [try older.bytes("log/checkpoint")]
        #expect(verifier.verify(directory: fixture.directory).problems == [])
        // Whoever has the key can write a history in which everything fits.
        let copy = try fixture.copy()
        try copy.rewriteRecord(40) { $0["dec"] = ["verdict": "deny"] }
        verifier.disclosuresDirectory = nil
        #expect(!verifier.verify(directory: copy.directory).isVerified)
        // An older checkpoint in the newest one's place is a shorter log.
        let restored = try older.copy()
        verifier.oldCheckpoints = [try fixture.bytes("log/checkpoint")]
        #expect(!verifier.verify(directory: restored.directory).isVerified)
        #expect(verifier.verify(directory: restored.directory).firstBadIndex == (try older.checkpoint.size))
    }

    @Test("by the start, which does not go on with it")
    func startNotices() async throws {
        let (fixture, older) = try await Self.sample()
        let cases = [
            Tampering("the state missing") { try $0.remove("state.json") },
            Tampering("an older state") { try $0.write(try older.bytes("state.json"), to: "state.json") },
            Tampering("everything published of an older day") { copy in
                try copy.remove("log")
                try FileManager.default.copyItem(atPath: older.path("log"), toPath: copy.path("log"))
            },
            Tampering("a state of another root") { try $0.editState { $0.root = TreeHash.leaf([1]) } },
            Tampering("a larger state") { try $0.editState { $0.size += 1 } },
            Tampering("a state that is none") { try $0.write([0x7B], to: "state.json") },
            Tampering("another origin") { try $0.editState { $0.origin = "test/two" } },
            Tampering("a checkpoint of another key") { copy in
                let other = try LogSigningKey(origin: "test/one")
                try copy.write(try copy.checkpoint.note(signedBy: [other]).bytes, to: "log/checkpoint")
            },
            Tampering("a forked checkpoint") { copy in
                let fork = Checkpoint(origin: "test/one", size: try copy.checkpoint.size, root: TreeHash.leaf([1]))
                try copy.write(fork.note(signedBy: [copy.key]).bytes, to: "log/checkpoint")
            },
            Tampering("the last tile") { copy in
                let size = try copy.checkpoint.size
                let path = "log/" + TilePath.tile(level: 0, index: size >> 8, width: Int(size & 0xFF))
                try copy.edit(path) { $0[0] ^= 1 }
            },
            Tampering("the last bundle") { copy in
                let size = try copy.checkpoint.size
                try copy.edit("log/" + TilePath.entries(size >> 8, width: Int(size & 0xFF))) { $0[30] ^= 1 }
            },
            Tampering("a segment of records far ahead") { copy in
                try copy.write([UInt8](repeating: 0, count: 4096), to: "wal/00000000000000099999.wal")
            },
        ]
        var noticed = 0
        for tampering in cases {
            let copy = try fixture.copy()
            try tampering.change(copy)
            let error = #expect(throws: AuditLogError.self, "\(tampering.name)") {
                let log = try copy.open()
                log.abandon()
            }
            if error != nil { noticed += 1 }
        }
        print("tampering, by the start: \(noticed) of \(cases.count) cases noticed")
    }
}
