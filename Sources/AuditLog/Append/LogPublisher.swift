// SPDX-License-Identifier: Apache-2.0

/// Writes bundles, tiles and disclosures, then what is about to be signed, then the signed checkpoint.
struct LogPublisher {
    static let checkpointPath = "log/checkpoint"

    var directory: LogDirectory
    /// Keys that may sign; the state says which of them do.
    var keys: [LogSigningKey]
    var state: LogState
    private var edge: TreeEdge
    private(set) var bundle: Bundle
    /// Orders that are to be carried out, by their indexes.
    var orders: [UInt64: LogOrder] = [:]
    /// Orders of which only what is derived from the log remains to be done.
    var done: Set<UInt64> = []
    /// Folders of partial files whose full file was written, by their paths.
    private var obsolete: [String] = []

    init(directory: LogDirectory, state: LogState, keys: [LogSigningKey], edge: TreeEdge, bundle: Bundle) {
        self.directory = directory
        self.state = state
        self.keys = keys
        self.edge = edge
        self.bundle = bundle
    }

    var size: UInt64 { edge.size }
    var root: TreeHash { edge.root }

    /// Adds records that follow the tree; a size is signed only after all its files are durable.
    ///
    /// After a failure the tree is as before, and the same records can be given again.
    mutating func publish(_ batches: [DurableFrames]) throws(AuditLogError) {
        let before = (edge, bundle.copy(), state, orders)
        do {
            for batch in batches { try add(batch) }
            try writeUnfinished()
            try directory.commit()
            try sign()
        } catch {
            (edge, bundle, state, orders) = before
            directory.discard()
            throw error
        }
        removeObsolete()
    }

    private mutating func add(_ batch: DurableFrames) throws(AuditLogError) {
        try batch.forEach { index, leaf, disclosures throws(AuditLogError) in
            guard index == edge.size else {
                throw .corrupted(file: "wal", offset: index, problem: "record \(edge.size) is missing")
            }
            bundle.append(index, leaf: leaf, disclosures: disclosures)
            if let order = LogOrder(leaf: leaf) { try prepare(order, at: index) }
            var completed: [(level: Int, index: UInt64, hashes: [TreeHash])] = []
            edge.append(TreeHash.leaf(leaf)) { level, index, hashes in completed.append((level, index, hashes)) }
            for tile in completed { try writeTile(level: tile.level, index: tile.index, tile.hashes) }
            guard let tile = completed.first else { return }
            try write(bundle, number: tile.index, width: TilePath.width)
            bundle.removeAll()
        }
    }

    private mutating func writeUnfinished() throws(AuditLogError) {
        for (level, hashes) in edge.levels.enumerated() where !hashes.isEmpty {
            try writeTile(level: level, index: edge.size >> UInt64(8 * (level + 1)), hashes)
        }
        let width = TreeEdge.width(size: edge.size, level: 0)
        if width > 0 { try write(bundle, number: edge.size >> 8, width: width) }
    }

    /// Signs the tree as it is; needed once, for the empty log or after a checkpoint was not finished.
    mutating func signAgain() throws(AuditLogError) { try sign() }

    /// Tidies up after the last checkpoint.
    mutating func finish() { directory.removeOthers() }

    private mutating func sign() throws(AuditLogError) {
        let signers = signers(now: .now)
        guard !signers.isEmpty else {
            throw .unusableKey(path: state.keyIDs.joined(separator: ", "), problem: "is not among the configured keys")
        }
        let checkpoint = Checkpoint(origin: state.origin, size: edge.size, root: edge.root)
        (state.size, state.root) = (checkpoint.size, checkpoint.root)
        try writeState()
        let note = checkpoint.note(signedBy: signers)
        guard note.signatures.count == signers.count else {
            throw .unusableKey(path: state.origin, problem: "cannot sign")
        }
        try directory.replace(Self.checkpointPath, with: note.bytes, isOften: true)
        try directory.commit()
    }

    /// Makes durable what the log knows of itself.
    mutating func writeState() throws(AuditLogError) {
        try directory.replace(LogState.path, with: state.bytes, isOften: true)
        try directory.commit()
    }

    /// Makes durable that segments of so many bytes hold what is not published yet, or that none is needed.
    mutating func noteSegments(of bytes: UInt64?) throws(AuditLogError) {
        guard state.openSegmentBytes != bytes else { return }
        let before = state
        state.openSegmentBytes = bytes
        do { try writeState() } catch {
            state = before
            throw error
        }
    }

    private mutating func writeTile(level: Int, index: UInt64, _ hashes: [TreeHash]) throws(AuditLogError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hashes.count * TreeHash.byteCount)
        for hash in hashes { hash.append(to: &bytes) }
        let path = TilePath.tile(level: level, index: index, width: hashes.count)
        try directory.replace("log/" + path, with: bytes)
        if hashes.count == TilePath.width { obsolete.append("log/\(path).p") }
    }

    private mutating func write(_ bundle: Bundle, number: UInt64, width: Int) throws(AuditLogError) {
        let path = TilePath.entries(number, width: width)
        try directory.replace("log/" + path, with: bundle.entries.bytes)
        if width == TilePath.width { obsolete.append("log/\(path).p") }
        guard !bundle.disclosures.isEmpty else { return }
        try directory.replace(Bundle.disclosurePath(number), with: bundle.disclosures.bytes)
    }

    /// A partial file that cannot be removed does no harm: the full one holds the same.
    private mutating func removeObsolete() {
        for path in obsolete { try? directory.removeDirectory(path) }
        obsolete = []
    }
}
