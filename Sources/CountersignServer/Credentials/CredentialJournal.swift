// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON

/// Changes of credentials that the audit log is to tell of: written with the change, told by the service that runs, or by
/// the next one (AUDIT, section 4: `credential.rotate`, `credential.revoke`).
struct CredentialJournal: Sendable {
    /// One change.
    struct Change: Sendable {
        /// The type of the record.
        let type: String
        let content: JSONObject
    }

    private let changes: CredentialFile
    private let told: CredentialFile

    /// The journal of a data directory.
    init(data: String) {
        changes = CredentialFile(path: data + "/credentials/changes.jsonl")
        told = CredentialFile(path: data + "/credentials/changes.told")
    }

    /// Adds a change, durably.
    func add(_ change: Change) throws(CredentialFile.Failure) {
        let line: JSONValue = ["content": .object(change.content), "type": .string(change.type)]
        try changes.append(line.canonicalBytes() + [0x0A])
    }

    /// Whether there may be changes that were not told.
    var stamp: FileStamp? { FileStamp(changes.path) }

    /// Tells of every change that was not told yet; one that cannot be told now is told later, perhaps once more.
    func tell(_ record: (Change) async -> Bool) async throws {
        let bytes = try changes.read() ?? []
        let (base, start) = Self.beginning(bytes)
        let told = Int(String(decoding: try self.told.read() ?? [], as: UTF8.self)) ?? 0
        // A position outside of the file belongs to another one: everything there is told, perhaps once more.
        var position = told >= base && told - base <= bytes.count - start ? start + (told - base) : start
        while position < bytes.count {
            guard let end = bytes[position...].firstIndex(of: 0x0A) else { return }
            if let change = Self.change(Array(bytes[position..<end])) { guard await record(change) else { return } }
            position = end + 1
            let place = Array(String(base + position - start).utf8)
            try self.told.edit { _ throws(CredentialFile.Failure) in (place, ()) }
        }
        if position - start >= Self.longestTold { try trim() }
    }

    /// How many bytes that were told may stand in the journal.
    static let longestTold = 1 << 20

    /// Cuts off what was told, in one step that a crash leaves done or undone: positions count from the journal's first
    /// byte ever, and the file itself says how many bytes are gone.
    func trim() throws(CredentialFile.Failure) {
        let told = Int(String(decoding: try self.told.read() ?? [], as: UTF8.self)) ?? 0
        try changes.edit { before throws(CredentialFile.Failure) in
            let bytes = before ?? []
            let (base, start) = Self.beginning(bytes)
            guard told > base, told - base <= bytes.count - start else { return (nil, ()) }
            let head: JSONValue = ["gone": .number(JSONNumber(Int64(told)))]
            return (head.canonicalBytes() + [0x0A] + bytes[(start + told - base)...], ())
        }
    }

    /// How many bytes are gone, and where what is left begins.
    private static func beginning(_ bytes: [UInt8]) -> (base: Int, start: Int) {
        guard let end = bytes.prefix(64).firstIndex(of: 0x0A),
            let head = try? JSONValue.parse(Array(bytes[..<end])).objectValue, head.count == 1,
            let gone = head["gone"]?.int64Value, gone >= 0, gone < 1 << 60
        else { return (0, 0) }
        return (Int(gone), end + 1)
    }

    private static func change(_ line: [UInt8]) -> Change? {
        guard let object = try? JSONValue.parse(line).objectValue, let type = object["type"]?.stringValue,
            ["credential.rotate", "credential.revoke"].contains(type), let content = object["content"]?.objectValue
        else { return nil }
        return Change(type: type, content: content)
    }
}
