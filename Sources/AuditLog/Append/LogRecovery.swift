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
        let keys = try publishVerifierKey()
        let state = try readState()
        let checkpoint = try readCheckpoint(keys)
        let edge = try verifiedEdge(state, checkpoint)
        var publisher = LogPublisher(
            directory: directory, origin: configuration.origin, key: configuration.key, edge: edge,
            bundle: try unfinishedBundle(edge))
        var scan = SegmentScan(store: store, from: edge.size)
        try scan.forEach { records throws(AuditLogError) in try publisher.publish([records]) }
        // Publishing nothing leaves an unfinished checkpoint, or none at all, as it was.
        if publisher.size == edge.size, checkpoint?.size != edge.size { try publisher.signAgain() }
        if publisher.size > edge.size {
            configuration.logger.notice(
                "audit log recovered", metadata: ["records": "\(publisher.size - edge.size)"])
        }
        try store.removeAll()
        return publisher
    }

    /// Adds the key to `log.vkey` if it is not there; old keys stay for ever.
    private mutating func publishVerifierKey() throws(AuditLogError) -> [VerifierKey] {
        let line = configuration.key.verifierKey.description
        let text = String(decoding: try directory.read("log.vkey") ?? [], as: UTF8.self)
        var lines = text.split(separator: "\n").map(String.init)
        if !lines.contains(line) {
            lines.append(line)
            try directory.replace("log.vkey", with: Array((lines.joined(separator: "\n") + "\n").utf8))
            try directory.commit()
        }
        return lines.compactMap { try? VerifierKey($0) }.filter { $0.name == configuration.origin }
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
