// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import StrictJSON
import Testing

@testable import CountersignServer

@Suite("The journal of credentials: told once, trimmed without a loss")
struct CredentialJournalTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    private var journal: CredentialJournal { CredentialJournal(data: folder.path) }

    private func path(_ name: String) -> String { folder.path + "/credentials/" + name }

    private func add(_ names: String..., text: String = "") throws {
        for name in names {
            var content = JSONObject()
            content["id"] = .string(name)
            content["text"] = .string(text)
            try journal.add(CredentialJournal.Change(type: "credential.revoke", content: content))
        }
    }

    /// What is told now, at most so many.
    private func told(limit: Int = .max) async throws -> [String] {
        var names: [String] = []
        try await journal.tell { change in
            guard names.count < limit else { return false }
            names.append(change.content["id"]?.stringValue ?? "?")
            return true
        }
        return names
    }

    @Test("each change is told once, before and after a trim, however much of it was told")
    func trims() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try journal.trim()
        try add("a", "b", "c")
        #expect(try await told(limit: 2) == ["a", "b"])
        try journal.trim()
        let text = try String(contentsOfFile: path("changes.jsonl"), encoding: .utf8)
        #expect(!text.contains(#""id":"b""#) && text.contains(#""id":"c""#))
        try add("d")
        #expect(try await told() == ["c", "d"])
        try journal.trim()
        try journal.trim()
        #expect(try await told() == [])
        try add("e")
        #expect(try await told() == ["e"])
    }

    @Test("a crash at any moment of a trim loses nothing; what cannot be known is told once more")
    func crashes() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try add("a", "b", "c")
        #expect(try await told(limit: 2) == ["a", "b"])
        let (before, place) = (try Data(contentsOf: URL(filePath: path("changes.jsonl"))), path("changes.told"))
        try journal.trim()
        // The draft was written, and not put in place.
        let after = try Data(contentsOf: URL(filePath: path("changes.jsonl")))
        try before.write(to: URL(filePath: path("changes.jsonl")))
        try after.write(to: URL(filePath: path("changes.jsonl.new")))
        #expect(try await told() == ["c"])
        // It was put in place, and what was told since is not known.
        try after.write(to: URL(filePath: path("changes.jsonl")))
        try FileManager.default.removeItem(atPath: place)
        #expect(try await told() == ["c"])
        // A position that belongs to another file.
        try Data("999999".utf8).write(to: URL(filePath: place))
        #expect(try await told() == ["c"])
        try Data("junk".utf8).write(to: URL(filePath: place))
        #expect(try await told() == ["c"])
    }

    @Test("the journal does not grow with what was told")
    func staysShort() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let long = String(repeating: "x", count: 200_000)
        var names: [String] = []
        for number in 0..<20 {
            try add("n\(number)", text: long)
            names += try await told()
            let size = try Data(contentsOf: URL(filePath: path("changes.jsonl"))).count
            #expect(size < CredentialJournal.longestTold + 300_000)
        }
        #expect(names == (0..<20).map { "n\($0)" })
    }

    @Test("entries that ended long ago leave the deny list by themselves, others stay")
    func denyList() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let (desk, file) = (RevocationDesk(data: folder.path), RevocationFile(data: folder.path))
        #expect(try !file.trim(now: 1))
        for (id, until) in [("a", 100), ("b", nil), ("c", 200)] as [(String, Int64?)] {
            try desk.add(
                Revocation(id: id, kind: .subject, value: id, until: until, at: 1, source: "operator", cause: "manual"),
                now: 1)
        }
        #expect(try !file.trim(now: 100 + RevocationFile.grace - 1))
        #expect(try file.trim(now: 100 + RevocationFile.grace))
        #expect(try desk.list().map(\.id) == ["b", "c"])
        #expect(try !file.trim(now: 100 + RevocationFile.grace))
    }
}
