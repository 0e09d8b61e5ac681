// SPDX-License-Identifier: Apache-2.0

import Foundation
import StrictJSON

@testable import AuditLog

/// Changes to a log directory that somebody might hope nobody notices.
struct Tampering {
    let name: String
    let change: (LogFixture) throws -> Void

    init(_ name: String, _ change: @escaping (LogFixture) throws -> Void) { (self.name, self.change) = (name, change) }
}

extension LogFixture {
    func edit(_ path: String, _ body: (inout [UInt8]) throws -> Void) throws {
        var bytes = try bytes(path)
        try body(&bytes)
        try write(bytes, to: path)
    }

    func swap(_ one: String, _ other: String) throws {
        let (first, second) = (try bytes(one), try bytes(other))
        try write(second, to: one)
        try write(first, to: other)
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: self.path(path)) }

    /// All entries under the checkpoint.
    func entries() throws -> [[UInt8]] {
        let size = try checkpoint.size
        let tiles = TileReader(directory: LogDirectory(path: directory, fileSystem: .posix))
        var all: [[UInt8]] = []
        for number in 0..<(size + 255) >> 8 {
            let (bytes, entries) = try tiles.entries(number, width: Int(min(256, size - number << 8)))
            all += entries.map { Array(bytes[$0]) }
        }
        return all
    }

    /// Writes another history: bundles and tiles that fit together, under a checkpoint of a key, or of none.
    ///
    /// What an insider could do who holds the machine; with the log's own key one who holds that too.
    func rewrite(_ entries: [[UInt8]], signedBy key: LogSigningKey?, disclosures: Bool = false) throws {
        try remove("log/tile")
        if !disclosures { try remove("disclosures") }
        var edge = TreeEdge()
        var bundle: [UInt8] = []
        func put(_ path: String, _ bytes: [UInt8]) throws {
            let folder = URL(fileURLWithPath: self.path(path)).deletingLastPathComponent().path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try write(bytes, to: path)
        }
        func tile(_ level: Int, _ index: UInt64, _ hashes: [TreeHash]) throws {
            let path = "log/" + TilePath.tile(level: level, index: index, width: hashes.count)
            try put(path, hashes.flatMap(\.bytes))
        }
        for entry in entries {
            bundle += [UInt8(entry.count >> 8), UInt8(entry.count & 0xFF)] + entry
            try edge.append(TreeHash.leaf(entry)) { level, index, hashes in
                try tile(level, index, hashes)
                guard level == 0 else { return }
                try put("log/" + TilePath.entries(index), bundle)
                bundle = []
            }
        }
        for (level, hashes) in edge.levels.enumerated() where !hashes.isEmpty {
            try tile(level, edge.size >> UInt64(8 * (level + 1)), hashes)
        }
        let width = Int(edge.size & 0xFF)
        if width > 0 { try put("log/" + TilePath.entries(edge.size >> 8, width: width), bundle) }
        guard let key else { return }
        let checkpoint = Checkpoint(origin: "test/one", size: edge.size, root: edge.root)
        try write(checkpoint.note(signedBy: [key]).bytes, to: "log/checkpoint")
        let state = LogState(
            origin: "test/one", size: edge.size, root: edge.root, keyIDs: [key.verifierKey.hexadecimalKeyID])
        try write(state.bytes, to: "state.json")
    }

    /// Another history, made by somebody who has the log's key.
    func rewrite(_ change: (inout [[UInt8]]) throws -> Void) throws {
        var entries = try entries()
        try change(&entries)
        try rewrite(entries, signedBy: key)
    }

    /// Changes one record in another history under the log's key.
    func rewriteRecord(_ place: Int, _ change: (inout JSONObject) -> Void) throws {
        try rewrite { entries in
            var record = try JSONValue.parse(entries[place]).objectValue ?? JSONObject()
            change(&record)
            entries[place] = JSONValue.object(record).canonicalBytes()
        }
    }

    func editState(_ change: (inout LogState) -> Void) throws {
        guard var state = LogState(parsing: try bytes("state.json")) else { return }
        change(&state)
        try write(state.bytes, to: "state.json")
    }

    /// Changes the text of the checkpoint and keeps its signatures.
    func editCheckpoint(_ change: (inout SignedNote) throws -> Void) throws {
        var note = try SignedNote(parsing: bytes("log/checkpoint"))
        try change(&note)
        try write(note.bytes, to: "log/checkpoint")
    }

    func editLines(_ path: String, _ change: (inout [String]) -> Void) throws {
        var lines = String(decoding: try bytes(path), as: UTF8.self).split(separator: "\n").map(String.init)
        change(&lines)
        try write(Array(lines.map { $0 + "\n" }.joined().utf8), to: path)
    }
}
