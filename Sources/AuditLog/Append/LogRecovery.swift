// SPDX-License-Identifier: Apache-2.0

import Logging

/// What the start does before the first new record: verify, replay, publish, refuse to fork.
struct LogRecovery {
    let configuration: AuditLogConfiguration
    let store: SegmentStore
    private var directory: LogDirectory

    init(_ configuration: AuditLogConfiguration) {
        self.configuration = configuration
        store = SegmentStore(configuration)
        directory = LogDirectory(path: configuration.directory, fileSystem: configuration.fileSystem)
    }

    /// The published tree, with everything that was durable in it and no segment left.
    mutating func run() throws(AuditLogError) -> LogPublisher {
        for folder in ["", "wal", "log/tile", "disclosures"] { try directory.makeDirectories(folder) }
        try directory.commit()
        let state = try readState()
        let keys = try publishVerifierKeys(state)
        let checkpoint = try readCheckpoint(keys)
        let edge = try verifiedEdge(state, checkpoint)
        let first = LogState(
            origin: configuration.origin, size: edge.size, root: edge.root,
            keyIDs: [configuration.key.verifierKey.hexadecimalKeyID])
        var publisher = LogPublisher(
            directory: directory, state: state ?? first, keys: [configuration.key] + configuration.otherKeys,
            edge: edge, bundle: try unfinishedBundle(edge))
        if let state, let problem = try store.missing(for: state) {
            throw .wouldFork(signedSize: state.size, problem: problem)
        }
        var scan = SegmentScan(store: store, from: edge.size)
        try scan.forEach { records throws(AuditLogError) in try publisher.publish([records]) }
        // Publishing nothing leaves an unfinished checkpoint, or none at all, as it was.
        if publisher.size == edge.size, checkpoint?.size != edge.size { try publisher.signAgain() }
        if publisher.size > edge.size {
            configuration.logger.notice(
                "audit log recovered", metadata: ["records": "\(publisher.size - edge.size)"])
        }
        try publisher.noteSegments(of: nil)
        try store.removeAll()
        obey(&publisher)
        return publisher
    }

    /// Goes on with what records ordered before a crash; what cannot be done now is tried again while the log runs.
    private func obey(_ publisher: inout LogPublisher) {
        guard publisher.hasPendingOrders else { return }
        do {
            try publisher.obey(store) { _, _ in configuration.erase == nil }
        } catch {
            configuration.logger.warning("audit order failed", metadata: ["error": "\(error)"])
        }
    }

    /// The keys that signed or may have signed; a new log's key is added to `log.vkey`.
    private mutating func publishVerifierKeys(_ state: LogState?) throws(AuditLogError) -> [VerifierKey] {
        let own = [configuration.key] + configuration.otherKeys
        var signing = [configuration.key.verifierKey]
        if let state {
            signing = own.map(\.verifierKey).filter { state.keyIDs.contains($0.hexadecimalKeyID) }
            try requireKeys(state, signing)
        }
        var lines: [String] = []
        for key in signing { lines = try directory.addVerifierKey(key) }
        return lines.compactMap { try? VerifierKey($0) }.filter { $0.name == configuration.origin }
    }

    /// Another key than the log's would make every later checkpoint worthless for those who know the log's.
    private func requireKeys(_ state: LogState, _ keys: [VerifierKey]) throws(AuditLogError) {
        let isOver = state.bothUntil.map { $0.microseconds <= AuditTimestamp.now.microseconds } ?? true
        let needed = isOver ? state.keyIDs.suffix(1) : state.keyIDs[...]
        guard needed.contains(where: { id in !keys.contains { $0.hexadecimalKeyID == id } }) else { return }
        let given = ([configuration.key] + configuration.otherKeys).map(\.verifierKey.hexadecimalKeyID)
        throw .unusableKey(
            path: configuration.key.description,
            problem: Self.neededKeys(Array(needed), until: isOver ? nil : state.bothUntil, given: given))
    }

    /// Which keys the log needs now, and how they are named.
    private static func neededKeys(_ ids: [String], until: AuditTimestamp?, given: [String]) -> String {
        let has = "the configuration names \(given.map { "`\($0)`" }.joined(separator: " and "))"
        guard ids.count > 1, let until, let new = ids.last else {
            return "does not sign this log: `audit.key` must name the key with the id \(ids.last ?? ""), and \(has); "
                + "another key takes over with `audit rotate-key` only"
        }
        let old = ids.dropLast().joined(separator: " and ")
        return "is not enough for this log: until \(until) both keys of a rotation sign it, so `audit.key` and "
            + "`audit.next_key` must name the old key with the id \(old) and the new one with the id \(new), and \(has); "
            + "afterwards `audit.key` names the key \(new) alone"
    }

    private func readState() throws(AuditLogError) -> LogState? {
        guard let bytes = try directory.read(LogState.path) else { return nil }
        let path = directory.absolute(LogState.path)
        guard let state = LogState(parsing: bytes) else {
            throw .corrupted(file: path, offset: 0, problem: "it is not the state of a log")
        }
        guard state.origin == configuration.origin else {
            throw .invalidOrigin(configuration.origin, problem: "is not the origin `\(state.origin)` of `\(path)`")
        }
        return state
    }

    private func readCheckpoint(_ keys: [VerifierKey]) throws(AuditLogError) -> Checkpoint? {
        guard let bytes = try directory.read(LogPublisher.checkpointPath, limit: SignedNote.maximumBytes) else {
            return nil
        }
        do {
            let note = try SignedNote(parsing: bytes)
            _ = try note.signers(among: keys)
            let checkpoint = try Checkpoint(parsing: note.text)
            guard checkpoint.origin == configuration.origin else {
                throw SignedNote.Problem.malformed("it is of the log `\(checkpoint.origin)`")
            }
            return checkpoint
        } catch {
            let path = directory.absolute(LogPublisher.checkpointPath)
            throw .corrupted(file: path, offset: 0, problem: "\(error)")
        }
    }

    /// The edge at the highest size ever signed, proved by the root that was signed.
    private func verifiedEdge(_ state: LogState?, _ checkpoint: Checkpoint?) throws(AuditLogError) -> TreeEdge {
        guard let state else {
            guard let checkpoint else { return try emptyEdge() }
            throw .wouldFork(signedSize: checkpoint.size, problem: "`\(LogState.path)` is missing")
        }
        if let checkpoint, checkpoint.size > state.size {
            throw .wouldFork(
                signedSize: checkpoint.size, problem: "`\(LogState.path)` knows of \(state.size) records only")
        }
        let edge = try edge(size: state.size, root: state.root, signedSize: state.size)
        if let checkpoint {
            _ = try self.edge(size: checkpoint.size, root: checkpoint.root, signedSize: state.size)
        }
        return edge
    }

    /// The empty tree, unless files of a tree are left whose state and segments are gone.
    ///
    /// The first checkpoint may have been cut short: then all its records are still in the first segment.
    private func emptyEdge() throws(AuditLogError) -> TreeEdge {
        let entries = try configuration.fileSystem.list(directory.absolute("log/tile/entries"))
        let segments = try configuration.fileSystem.list(store.path).compactMap { SegmentStore.base(of: $0) }
        guard entries.isEmpty || segments.contains(0) else {
            throw .wouldFork(signedSize: 0, problem: "its tiles are here and `\(LogState.path)` is missing")
        }
        return TreeEdge()
    }

    private func edge(size: UInt64, root: TreeHash, signedSize: UInt64) throws(AuditLogError) -> TreeEdge {
        let edge: TreeEdge
        do {
            edge = try TileReader(directory: directory).edge(size: size)
        } catch .corrupted(let file, _, let problem) {
            throw .wouldFork(signedSize: signedSize, problem: "in `\(file)` \(problem)")
        }
        guard edge.root == root else {
            throw .wouldFork(signedSize: signedSize, problem: "the tiles give another root at size \(size)")
        }
        return edge
    }

    private func unfinishedBundle(_ edge: TreeEdge) throws(AuditLogError) -> Bundle {
        let width = TreeEdge.width(size: edge.size, level: 0)
        guard width > 0, let hashes = edge.levels.first else { return Bundle() }
        let number = edge.size >> 8
        let (bytes, entries) = try TileReader(directory: directory).entries(number, width: width)
        for (place, entry) in entries.enumerated() where TreeHash.leaf(bytes[entry]) != hashes[place] {
            let path = directory.absolute("log/" + TilePath.entries(number, width: width))
            throw .corrupted(
                file: path, offset: UInt64(entry.lowerBound),
                problem: "entry \(number << 8 + UInt64(place)) is not the one that was signed")
        }
        // Lines beyond the tree are of a checkpoint that was not finished; their records come again.
        var disclosures: [UInt8] = []
        for line in (try directory.read(Bundle.disclosurePath(number)) ?? []).split(separator: 0x0A) {
            guard let index = Bundle.index(ofLine: line), index < edge.size else { continue }
            disclosures += line + [0x0A]
        }
        return Bundle(
            entries: BlockBuffer(bytes[..<(entries.last?.upperBound ?? 0)]), disclosures: BlockBuffer(disclosures))
    }
}
