// SPDX-License-Identifier: Apache-2.0

/// Writes bundles, tiles and disclosures, then what is about to be signed, then the signed checkpoint.
struct LogPublisher {
    static let checkpointPath = "log/checkpoint"

    private var directory: LogDirectory
    private let origin: String
    private let key: LogSigningKey
    private var edge: TreeEdge
    private var bundle: Bundle
    /// Folders of partial files whose full file was written, by their paths.
    private var obsolete: [String] = []

    init(directory: LogDirectory, origin: String, key: LogSigningKey, edge: TreeEdge, bundle: Bundle) {
        self.directory = directory
        self.origin = origin
        self.key = key
        self.edge = edge
        self.bundle = bundle
    }

    var size: UInt64 { edge.size }
    var root: TreeHash { edge.root }

    /// Adds records that follow the tree; a size is signed only after all its files are durable.
    ///
    /// After a failure the tree is as before, and the same records can be given again.
    mutating func publish(_ batches: [DurableFrames]) throws(AuditLogError) {
        var edge = edge
        var bundle = bundle
        for batch in batches {
            try batch.forEach { index, leaf, disclosures throws(AuditLogError) in
                guard index == edge.size else {
                    throw .corrupted(file: "wal", offset: index, problem: "record \(edge.size) is missing")
                }
                bundle.append(index, leaf: leaf, disclosures: disclosures)
                try edge.append(TreeHash.leaf(leaf)) { level, index, hashes throws(AuditLogError) in
                    try writeTile(level: level, index: index, hashes)
                    guard level == 0 else { return }
                    try write(bundle, number: index, width: TilePath.width)
                    bundle.removeAll()
                }
            }
        }
        for (level, hashes) in edge.levels.enumerated() where !hashes.isEmpty {
            try writeTile(level: level, index: edge.size >> UInt64(8 * (level + 1)), hashes)
        }
        let width = TreeEdge.width(size: edge.size, level: 0)
        if width > 0 { try write(bundle, number: edge.size >> 8, width: width) }
        try directory.syncDirectories()
        try sign(edge)
        self.edge = edge
        self.bundle = bundle
        removeObsolete()
    }

    /// Signs the tree as it is; needed once, for the empty log or after a checkpoint was not finished.
    mutating func signAgain() throws(AuditLogError) { try sign(edge) }

    private mutating func sign(_ edge: TreeEdge) throws(AuditLogError) {
        let checkpoint = Checkpoint(origin: origin, size: edge.size, root: edge.root)
        let keyID = key.verifierKey.hexadecimalKeyID
        let state = LogState(origin: origin, size: edge.size, root: checkpoint.root, keyIDs: [keyID])
        try directory.replace(LogState.path, with: state.bytes)
        try directory.syncDirectories()
        let note = checkpoint.note(signedBy: [key])
        guard !note.signatures.isEmpty else { throw .unusableKey(path: key.verifierKey.name, problem: "cannot sign") }
        try directory.replace(Self.checkpointPath, with: note.bytes)
        try directory.syncDirectories()
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
        try directory.replace("log/" + path, with: bundle.entries)
        if width == TilePath.width { obsolete.append("log/\(path).p") }
        guard !bundle.disclosures.isEmpty else { return }
        try directory.replace(Bundle.disclosurePath(number), with: bundle.disclosures)
    }

    /// A partial file that cannot be removed does no harm: the full one holds the same.
    private mutating func removeObsolete() {
        for path in obsolete { try? directory.removeDirectory(path) }
        obsolete = []
    }
}
