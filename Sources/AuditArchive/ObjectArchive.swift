// SPDX-License-Identifier: Apache-2.0

import AuditLog
import NIOPosix

/// Copies bundles, tiles and checkpoints of a log to a bucket, under the same relative paths.
///
/// Every object is written once: one that is there already must hold the same, and is never changed. Bundles carry the
/// content coding `gzip`. Only `log/checkpoint`, the newest one, is replaced. A download verifies as the log does.
package struct ObjectArchive: Sendable {
    /// What one call did.
    package struct Progress: Sendable, Hashable {
        /// Where the next call begins.
        package var end: UInt64
        /// Paths under which the store holds something else.
        package var conflicts: [String] = []
        /// Objects written, and their bytes as sent.
        package var objects = 0
        package var bytes = 0

        /// Nothing written yet.
        package init(end: UInt64) { self.end = end }
    }

    /// The most that a full bundle takes: 256 entries of 65,535 bytes and their lengths.
    package static let maximumObjectBytes = 256 * 65_537

    private let directory: String
    private let store: ObjectStore
    private let parallel: Int

    /// Names an audit directory and the store that its copy goes to.
    package init(of directory: String, in store: ObjectStore, parallel: Int) {
        (self.directory, self.store, self.parallel) = (directory, store, max(1, parallel))
    }

    /// Archives what was published since.
    ///
    /// An object that holds something else stops nothing: the others still leave the machine.
    ///
    /// - Parameters:
    ///   - first: Where the last call ended; 0 to look at everything.
    ///   - limit: The most bundles of one call.
    /// - Returns: How far that went, and what is in its way.
    /// - Throws: `AuditLogError` or ``ObjectStoreError``.
    package func advance(from first: UInt64, atMost limit: UInt64) async throws -> Progress {
        let batch = try await onThread { try ArchiveBatch(of: directory, from: first, atMost: limit) }
        var progress = Progress(end: batch.end)
        try await withThrowingTaskGroup(of: Transfer.self) { group in
            var files = batch.files.makeIterator()
            for _ in 0..<parallel { if let file = files.next() { group.addTask { try await keep(file, of: batch) } } }
            while let transfer = try await group.next() {
                progress.add(transfer)
                if let file = files.next() { group.addTask { try await keep(file, of: batch) } }
            }
        }
        // What is not whole must not look as if it were.
        if let (size, note) = batch.checkpoint, progress.conflicts.isEmpty {
            progress.add(try await keep(note, size: size))
        }
        return progress
    }

    /// What became of one object.
    fileprivate enum Transfer: Sendable {
        case stored(Int)
        case same
        case conflict(String)
    }

    private func keep(_ file: ArchiveBatch.File, of batch: ArchiveBatch) async throws -> Transfer {
        let found: (plain: [UInt8], sent: [UInt8], coding: String?)? = try await onThread {
            guard let bytes = try batch.bytes(of: file) else { return nil }
            guard file.isBundle, let packed = GzipCoding.compress(bytes) else { return (bytes, bytes, nil) }
            return (bytes, packed, "gzip")
        }
        guard let found else { return .same }
        switch try await store.put(file.path, found.sent, coding: found.coding, isOnce: true) {
        case .stored: return .stored(found.sent.count)
        case .exists:
            let kept = try await plain(file.path)
            return kept == found.plain ? .same : .conflict(file.path)
        }
    }

    /// Each checkpoint under its size, and the newest under its own name.
    private func keep(_ note: [UInt8], size: UInt64) async throws -> Transfer {
        let (kept, newest) = (ArchiveBatch.keptPath(size: size), ArchiveBatch.checkpointPath)
        if try await store.put(kept, note, isOnce: true) == .exists {
            guard let known = try await plain(kept), ArchiveBatch.areSame(known, note) else { return .conflict(kept) }
        }
        if let known = try await plain(newest) {
            guard known != note else { return .same }
            // A log that goes back to an older state must not take its newer checkpoint out of the archive.
            guard let other = ArchiveBatch.size(of: known), other <= size else { return .conflict(newest) }
        }
        _ = try await store.put(newest, note, isOnce: false)
        return .stored(note.count)
    }

    /// What an object holds without its content coding; `nil` if it is not there, or holds something unreadable.
    private func plain(_ path: String) async throws -> [UInt8]? {
        guard let (bytes, coding) = try await store.get(path) else { return nil }
        guard coding == "gzip" else { return bytes }
        return try await onThread { GzipCoding.decompress(bytes, limit: Self.maximumObjectBytes) }
    }

    /// Files are read and packed where waiting does no harm.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}

extension ObjectArchive.Progress {
    fileprivate mutating func add(_ transfer: ObjectArchive.Transfer) {
        switch transfer {
        case .stored(let count):
            objects += 1
            bytes += count
        case .same: break
        case .conflict(let path): conflicts.append(path)
        }
    }
}
