// SPDX-License-Identifier: Apache-2.0

import StrictJSON

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A log whose checkpoint was found to be signed: what every tool that reads records starts from.
///
/// Opening reads the checkpoint only; bundles are read one at a time, so that memory does not grow with the log.
package struct OpenedLog: Sendable {
    /// The directory as it was given.
    package let path: String
    /// What the signed note commits to.
    package let checkpoint: Checkpoint
    /// The signed note as it stands in its file.
    package let note: [UInt8]
    /// The given keys that signed.
    package let signers: [VerifierKey]
    /// The first record that is still here; those before it were pruned.
    package let firstIndex: UInt64
    private let source: LogSource

    /// Reads and checks the checkpoint.
    ///
    /// - Parameters:
    ///   - path: The audit directory, or its `log/` alone (then without disclosures).
    ///   - keys: Keys of which one must have signed under the name of the origin.
    ///   - fileSystem: The layer below.
    /// - Throws: ``AuditLogError/corrupted(file:offset:problem:)`` if the checkpoint is missing or not signed.
    package init(
        directory path: String, keys: [VerifierKey], fileSystem: LogFileSystem = .posix
    ) throws(AuditLogError) {
        self.path = path
        source = try LogSource(directory: LogDirectory(path: path, fileSystem: fileSystem))
        note = try source.checkpointNote()
        let file = source.directory.absolute(source.tiles.prefix + "checkpoint")
        do {
            let parsed = try SignedNote(parsing: note)
            let checkpoint = try Checkpoint(parsing: parsed.text)
            signers = try parsed.signers(among: keys).filter { $0.name == checkpoint.origin }
            guard !signers.isEmpty else { throw SignedNote.Problem.unsigned }
            self.checkpoint = checkpoint
        } catch {
            throw .corrupted(file: file, offset: 0, problem: "\(error)")
        }
        firstIndex = try source.firstIndex(size: checkpoint.size)
    }

    /// The log's identity.
    package var origin: String { checkpoint.origin }
    /// The number of records under the checkpoint.
    package var size: UInt64 { checkpoint.size }
    /// How many bundles hold them.
    package var bundleCount: UInt64 { size >> 8 + (size & 0xFF == 0 ? 0 : 1) }
    /// Whether personal data may be found beside the log.
    package var hasDisclosures: Bool { source.isAuditDirectory }

    /// Reads a bundle with what is still disclosed of its records.
    ///
    /// - Throws: ``AuditLogError/corrupted(file:offset:problem:)`` if the bundle is missing or malformed.
    package func bundle(_ number: UInt64) throws(AuditLogError) -> RecordBundle {
        let width = number < size >> 8 ? TilePath.width : Int(size & 0xFF)
        guard number < bundleCount else { throw .notFound("bundle \(number)") }
        let (bytes, entries) = try source.tiles.entries(number, width: width)
        let disclosed = hasDisclosures ? try source.directory.read(Bundle.disclosurePath(number)) ?? [] : []
        return RecordBundle(firstIndex: number << 8, bytes: bytes, entries: entries, disclosures: disclosed)
    }

    /// Collects the inclusion proof of an entry from the tiles.
    package func proof(of index: UInt64) throws(AuditLogError) -> InclusionProof {
        guard index < size else { throw .notFound(String(index)) }
        return try source.tiles.inclusionProof(index: index, size: size)
    }

    /// Whether the tiles prove that an entry is under the checkpoint.
    package func includes(_ leaf: ArraySlice<UInt8>, at index: UInt64) -> Bool {
        guard let proof = try? proof(of: index) else { return false }
        return proof.root(fromLeafHash: TreeHash.leaf(leaf)) == checkpoint.root
    }

    /// Whether the tiles prove that all entries of a bundle are under the checkpoint.
    package func includesAll(of bundle: RecordBundle) -> Bool {
        guard bundle.entries.count == TilePath.width else {
            return bundle.entries.indices.allSatisfy { includes(bundle.leaf($0), at: bundle.firstIndex + UInt64($0)) }
        }
        // A full bundle is one node of the tree, eight levels above its entries: one proof for all of them.
        guard let proof = try? proof(of: bundle.firstIndex), proof.hashes.count >= 8 else { return false }
        let hashes = bundle.entries.map { TreeHash.leaf(bundle.bytes[$0]) }
        let upper = InclusionProof(
            index: proof.index >> 8, size: (proof.size + 255) >> 8, hashes: Array(proof.hashes[8...]))
        return upper.root(fromLeafHash: TreeEdge.root(of: hashes[...])) == checkpoint.root
    }
}

/// Up to 256 neighbouring records with what is still disclosed of them.
package struct RecordBundle: Sendable {
    /// The index of the first record.
    package let firstIndex: UInt64
    /// The bytes that ``entries`` point into.
    package let bytes: [UInt8]
    /// Where each record stands.
    package let entries: [Range<Int>]
    /// Lines `{"i":<leaf index>,"d":[…]}`, as they stand in their file.
    package let disclosures: [UInt8]

    /// The index behind the last record.
    package var endIndex: UInt64 { firstIndex + UInt64(entries.count) }

    /// The canonical JSON of a record.
    package func leaf(_ place: Int) -> ArraySlice<UInt8> { bytes[entries[place]] }

    /// Where each record's line of disclosures stands, by the record's place.
    ///
    /// Lines out of order or of other bundles are passed over: the verifier complains about them.
    package func disclosureLines() -> [Range<Int>?] {
        var lines = [Range<Int>?](repeating: nil, count: entries.count)
        disclosures.withUnsafeBytes { bytes in
            guard let address = bytes.baseAddress else { return }
            var start = 0
            while start < bytes.count {
                let end =
                    memchr(address + start, 0x0A, bytes.count - start).map {
                        $0 - UnsafeMutableRawPointer(mutating: address)
                    } ?? bytes.count
                if let index = Bundle.index(ofLine: UnsafeRawBufferPointer(rebasing: bytes[start..<end])),
                    index >= firstIndex, index < endIndex
                {
                    lines[Int(index - firstIndex)] = start..<end
                }
                start = end + 1
            }
        }
        return lines
    }

    /// The disclosures of a record in their text form, unchecked.
    package func disclosureTexts(_ place: Int) -> [String] {
        guard let line = disclosureLines()[place] else { return [] }
        let object = (try? JSONValue.parse(Array(disclosures[line])))?.objectValue
        return object?["d"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    /// The personal data of a record that is still there; `nil` if a value is not what the record commits to.
    package func opened(_ place: Int, line: Range<Int>?) -> [Disclosure]? {
        guard let line else { return [] }
        return Disclosure.open(line: disclosures[line], leaf: leaf(place))
    }
}
