// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// Finds records of a log, running or not, and proves that they are in it.
public struct LogReader: Sendable {
    /// A record as the log holds it.
    public struct Entry: Sendable, Hashable {
        /// Its place in the log.
        public let index: UInt64
        /// The canonical JSON.
        public let leaf: [UInt8]
        /// The personal data that is still there, each value checked against the record's commitment.
        public let disclosures: [Disclosure]
        /// The way to the root of ``checkpoint``; `nil` for a record that is not yet in a checkpoint.
        public let proof: InclusionProof?
        /// The signed note that the proof leads to; `nil` for a record that is not yet in a checkpoint.
        public let checkpoint: [UInt8]?

        /// Whether the record is under a signed checkpoint.
        public var isInCheckpoint: Bool { proof != nil }
    }

    private let path: String
    private let keys: [VerifierKey]
    /// The layer below.
    package var fileSystem = LogFileSystem.posix

    /// Makes a reader.
    ///
    /// - Parameters:
    ///   - directory: The audit directory, or its `log/` alone (then without disclosures and the newest records).
    ///   - keys: Keys of which one must have signed the checkpoint.
    public init(directory: String, keys: [VerifierKey]) {
        path = directory
        self.keys = keys
    }

    /// Finds a record by its id or, given digits only, by its index.
    ///
    /// An id is searched from the newest bundle backwards; this reads the whole log in the worst case.
    ///
    /// - Parameter name: A UUID in lower case or a decimal index.
    /// - Returns: The record, with its inclusion proved if a checkpoint covers it.
    /// - Throws: ``AuditLogError/notFound(_:)``, or ``AuditLogError/corrupted(file:offset:problem:)`` if the files
    ///   do not prove the record.
    public func show(_ name: String) throws(AuditLogError) -> Entry {
        let isIndex = !name.isEmpty && name.utf8.allSatisfy { (0x30...0x39).contains($0) }
        if isIndex {
            guard let index = UInt64(name) else { throw .notFound(name) }
            return try find(name) { entry, _ in entry == index }
        }
        guard name.utf8.count == 36, !name.contains("\"") else { throw .notFound(name) }
        return try find(name) { _, leaf in
            // The id in the text finds candidates fast; only the member itself counts.
            guard Self.contains(leaf, name) else { return false }
            return (try? JSONValue.parse(Array(leaf)).objectValue?["id"]?.stringValue) == name
        }
    }

    private func find(
        _ name: String, _ matches: (UInt64, ArraySlice<UInt8>) -> Bool
    ) throws(AuditLogError) -> Entry {
        let directory = LogDirectory(path: path, fileSystem: fileSystem)
        let source = try LogSource(directory: directory)
        // The segments first: a record moves from them into the tiles, never back.
        let tail = source.isAuditDirectory ? unpublished(matches) : nil
        let note = try source.checkpointNote()
        let checkpoint = try trusted(note, directory.absolute(source.tiles.prefix + "checkpoint"))
        if let tail, tail.index >= checkpoint.size {
            let disclosures = (try? JSONValue.parse(tail.disclosures).arrayValue) ?? []
            let opened = Disclosure.open(disclosures, leaf: tail.leaf[...]) ?? []
            return Entry(index: tail.index, leaf: tail.leaf, disclosures: opened, proof: nil, checkpoint: nil)
        }
        let bundles = checkpoint.size >> 8 + (checkpoint.size & 0xFF == 0 ? 0 : 1)
        let first = try source.firstIndex(size: checkpoint.size)
        var range = (first >> 8..<max(bundles, first >> 8))
        if let index = UInt64(name) {
            guard index < checkpoint.size, index >= first else { throw .notFound(name) }
            range = index >> 8..<index >> 8 + 1
        }
        for number in range.reversed() {
            let width = Int(min(UInt64(TilePath.width), checkpoint.size - number << 8))
            let (bytes, entries) = try source.tiles.entries(number, width: width)
            for (place, entry) in entries.enumerated() where matches(number << 8 + UInt64(place), bytes[entry]) {
                let index = number << 8 + UInt64(place)
                return try prove(Array(bytes[entry]), index, source: source, checkpoint, note: note)
            }
        }
        throw .notFound(name)
    }

    private func trusted(_ bytes: [UInt8], _ path: String) throws(AuditLogError) -> Checkpoint {
        do {
            let note = try SignedNote(parsing: bytes)
            let signers = try note.signers(among: keys)
            let checkpoint = try Checkpoint(parsing: note.text)
            guard signers.contains(where: { $0.name == checkpoint.origin }) else { throw SignedNote.Problem.unsigned }
            return checkpoint
        } catch {
            throw .corrupted(file: path, offset: 0, problem: "\(error)")
        }
    }

    private func prove(
        _ leaf: [UInt8], _ index: UInt64, source: LogSource, _ checkpoint: Checkpoint, note: [UInt8]
    ) throws(AuditLogError) -> Entry {
        let proof = try source.tiles.inclusionProof(index: index, size: checkpoint.size)
        guard proof.root(fromLeafHash: TreeHash.leaf(leaf)) == checkpoint.root else {
            throw .corrupted(
                file: path, offset: index, problem: "the tiles do not prove that entry \(index) is in the log")
        }
        var disclosures: [Disclosure] = []
        let file = source.isAuditDirectory ? try source.directory.read(Bundle.disclosurePath(index >> 8)) : nil
        for line in (file ?? []).split(separator: 0x0A) where Bundle.index(ofLine: line) == index {
            guard let opened = Disclosure.open(line: line, leaf: leaf[...]) else {
                throw .corrupted(
                    file: source.directory.absolute(Bundle.disclosurePath(index >> 8)), offset: index,
                    problem: "a disclosure is not what entry \(index) commits to")
            }
            disclosures = opened
        }
        return Entry(index: index, leaf: leaf, disclosures: disclosures, proof: proof, checkpoint: note)
    }

    /// A record that the segments hold; their scan may fail while a running log removes them.
    private func unpublished(_ matches: (UInt64, ArraySlice<UInt8>) -> Bool) -> DurableRecord? {
        let store = SegmentStore(path: path + "/wal", segmentBytes: 0, fileSystem: fileSystem)
        guard let names = try? fileSystem.list(store.path),
            let first = names.compactMap({ SegmentStore.base(of: $0) }).min()
        else { return nil }
        var found: DurableRecord?
        var scan = SegmentScan(store: store, from: first)
        try? scan.forEach { records throws(AuditLogError) in
            records.forEach { index, leaf, disclosures in
                guard found == nil else { return }
                let leaf = Array(leaf)
                guard matches(index, leaf[...]) else { return }
                found = DurableRecord(index: index, leaf: leaf, disclosures: Array(disclosures))
            }
        }
        return found
    }

    private static func contains(_ leaf: ArraySlice<UInt8>, _ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard let first = wanted.first, leaf.count >= wanted.count else { return false }
        var start = leaf.startIndex
        while let place = leaf[start...].firstIndex(of: first), place + wanted.count <= leaf.endIndex {
            if leaf[place..<place + wanted.count].elementsEqual(wanted) { return true }
            start = place + 1
        }
        return false
    }
}
