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
        var position = Int(String(decoding: try told.read() ?? [], as: UTF8.self)) ?? 0
        if position > bytes.count { position = 0 }
        while position < bytes.count {
            guard let end = bytes[position...].firstIndex(of: 0x0A) else { return }
            if let change = Self.change(Array(bytes[position..<end])) { guard await record(change) else { return } }
            position = end + 1
            let place = Array(String(position).utf8)
            try told.edit { _ throws(CredentialFile.Failure) in (place, ()) }
        }
    }

    private static func change(_ line: [UInt8]) -> Change? {
        guard let object = try? JSONValue.parse(line).objectValue, let type = object["type"]?.stringValue,
            ["credential.rotate", "credential.revoke"].contains(type), let content = object["content"]?.objectValue
        else { return nil }
        return Change(type: type, content: content)
    }
}
