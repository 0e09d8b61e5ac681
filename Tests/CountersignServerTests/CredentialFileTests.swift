// SPDX-License-Identifier: Apache-2.0

import CountersignServer
import Foundation
import Identity
import Testing

@Suite("Files of credentials: changed whole, one at a time")
struct CredentialFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

    private func file() -> KeyStoreFile {
        KeyStoreFile(path: folder.path + "/keys/p.keys", name: "provider:p", data: folder.path)
    }

    @Test("create, rotate, revoke; what is not a key of ours stays; the file is for its owner alone")
    func keys() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = file()
        let made = try file.create(owner: "a", scopes: ["x"], expiresAt: nil, now: 100)
        let path = folder.path + "/keys/p.keys"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try ("# a note of mine\n" + text).write(toFile: path, atomically: true, encoding: .utf8)
        let next = try file.rotate("csk_" + made.line.publicID, overlap: 50, expiry: .at(900), now: 200)
        var keys = try file.keys()
        #expect(keys.map(\.expiresAt) == [250, 900] && keys.map(\.owner) == ["a", "a"] && keys[1].scopes == ["x"])
        #expect(keys[0].replacedBy == next.line.publicID)
        try file.revoke(next.line.publicID, now: 300)
        keys = try file.keys()
        #expect(keys.map(\.revokedAt) == [nil, 300])
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("# a note of mine\n"))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(throws: KeyStoreFile.Refused.self) { try file.revoke(next.line.publicID, now: 301) }
        #expect(throws: KeyStoreFile.Refused.self) {
            try file.rotate(next.line.publicID, overlap: 1, now: 1)
        }
        #expect(throws: KeyStoreFile.Refused.self) { try file.revoke("csk_unknown", now: 1) }
        #expect(throws: KeyStoreFile.Refused.self) {
            try file.create(owner: "two words", scopes: [], expiresAt: nil, now: 1)
        }
        #expect(try file.keys() == keys)
    }

    @Test("a rotated key's successor lives as long as it did, unless it is said otherwise")
    func lifetime() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = file()
        let bounded = try file.create(owner: "a", scopes: [], expiresAt: 1100, now: 100)
        let endless = try file.create(owner: "b", scopes: [], expiresAt: nil, now: 100)
        let second = try file.rotate(bounded.line.publicID, overlap: 10, now: 500)
        #expect(second.line.expiresAt == 1500)
        #expect(try file.keys().first?.expiresAt == 510)
        #expect(try file.rotate(endless.line.publicID, overlap: 10, now: 500).line.expiresAt == nil)
        #expect(try file.rotate(second.line.publicID, overlap: 10, expiry: .never, now: 600).line.expiresAt == nil)
    }

    @Test("50 changes at once lose none")
    func concurrent() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = file()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { _ = try file.create(owner: "owner-\(number)", scopes: [], expiresAt: nil, now: 1) }
            }
            try await group.waitForAll()
        }
        #expect(Set(try file.keys().compactMap(\.owner)).count == 50)
    }

    @Test("revocations are kept, lifted, and dropped when their time is over; a broken file is never replaced")
    func revocations() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let desk = RevocationDesk(data: folder.path)
        func entry(_ id: String, until: Int64?) -> Revocation {
            Revocation(id: id, kind: .subject, value: id, until: until, at: 1, source: "operator", cause: "manual")
        }
        try desk.add(entry("a", until: nil), now: 10)
        try desk.add(entry("b", until: 20), now: 10)
        #expect(try desk.list().map(\.id) == ["a", "b"])
        // A day later, so that a clock that is set ahead and back again forgets none.
        try desk.add(entry("c", until: nil), now: 20)
        #expect(try desk.list().map(\.id) == ["a", "b", "c"])
        try desk.add(entry("d", until: .max), now: 20 + 86_400)
        #expect(try desk.list().map(\.id) == ["a", "c", "d"])
        #expect(try desk.lift("d", now: 20 + 86_401) != nil)
        #expect(try desk.lift("a", now: 21)?.value == "a" && desk.lift("a", now: 21) == nil)
        #expect(try desk.list().map(\.id) == ["c"])
        let path = folder.path + "/credentials/revocations.json"
        try Data("{\"v\":1}".utf8).write(to: URL(filePath: path))
        #expect(throws: KeyStoreFile.Refused.self) { try desk.add(entry("d", until: nil), now: 30) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "{\"v\":1}")
    }

    @Test("moments and durations of the command line")
    func times() {
        #expect(CredentialTime.moment("90d", now: 100) == 7_776_100)
        #expect(CredentialTime.moment("1800000000", now: 100) == 1_800_000_000)
        #expect(CredentialTime.moment("2027-01-31T00:00:00Z", now: 100) == 1_801_353_600)
        for text in ["", "soon", "-5", "2027-01-31"] { #expect(CredentialTime.moment(text, now: 1) == nil) }
    }
}
