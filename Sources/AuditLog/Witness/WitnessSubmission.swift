// SPDX-License-Identifier: Apache-2.0

/// What a log sends to its witnesses, and what it takes from their answers.
public struct WitnessSubmission: Sendable {
    /// The size of the checkpoint that is to be cosigned.
    public let size: UInt64
    private let note: SignedNote
    private let tiles: TileReader

    /// Takes the newest checkpoint of a log's directory.
    ///
    /// - Throws: ``AuditLogError/corrupted(file:offset:problem:)`` if there is none.
    public init(directory path: String) throws(AuditLogError) {
        try self.init(directory: LogDirectory(path: path, fileSystem: .posix))
    }

    init(directory: LogDirectory) throws(AuditLogError) {
        let path = LogPublisher.checkpointPath
        guard let bytes = try directory.read(path, limit: SignedNote.maximumBytes),
            let note = try? SignedNote(parsing: bytes), let checkpoint = try? Checkpoint(parsing: note.text)
        else { throw .corrupted(file: directory.absolute(path), offset: 0, problem: "it is not a checkpoint") }
        self.note = note
        size = checkpoint.size
        tiles = TileReader(directory: directory)
    }

    /// The body of `add-checkpoint` for a witness that cosigned a size before; reads tiles.
    ///
    /// - Parameter old: What the witness cosigned last; 0 if that is not known.
    /// - Returns: The body.
    /// - Throws: ``AuditLogError/wouldFork(signedSize:problem:)`` if the witness knows of more than the log has.
    public func body(old: UInt64) throws(AuditLogError) -> [UInt8] {
        guard old <= size else {
            throw .wouldFork(signedSize: old, problem: "the log has \(size) records, fewer than a witness cosigned")
        }
        let proof = try tiles.consistencyProof(old: old, size: size)
        return WitnessRequest(old: old, hashes: proof.hashes, note: note).body
    }

    /// The valid cosignature of a witness in its answer; `nil` if there is none.
    ///
    /// - Parameters:
    ///   - answer: The body of an answer with the status 200.
    ///   - witness: The witness's key; cosignatures of other keys are passed over.
    /// - Returns: The cosignature, good for this checkpoint.
    public func cosignature(in answer: [UInt8], of witness: VerifierKey) -> Cosignature? {
        guard answer.count <= 64 << 10, let signed = try? SignedNote(parsing: note.text + [0x0A] + answer) else {
            return nil
        }
        for signature in signed.signatures where signature.keyID == witness.keyID && signature.name == witness.name {
            let alone = SignedNote(text: note.text, signatures: [signature])
            if !alone.cosigners(among: [witness]).isEmpty { return Cosignature(text: note.text, signature: signature) }
        }
        return nil
    }
}

/// A valid cosignature of one checkpoint.
public struct Cosignature: Sendable, Hashable {
    let text: [UInt8]
    let signature: SignedNote.Signature

    /// The witness's name.
    public var witness: String { signature.name }
}

extension AuditLog {
    /// Appends cosignatures to the published checkpoint, if it is still the one that was cosigned.
    ///
    /// In any case they are kept in `log/cosigned`, the newest cosigned checkpoint: it may be a few seconds behind.
    /// Returns at once.
    public func add(_ cosignatures: [Cosignature]) {
        guard !cosignatures.isEmpty else { return }
        queue.monitor.withLock { $0.cosignatures += cosignatures }
        queue.monitor.wake(.integrator)
    }
}

extension LogPublisher {
    static let cosignedPath = "log/cosigned"

    /// Writes cosignatures to `log/cosigned`, and to the checkpoint if it is the one that they are of.
    ///
    /// The signature of the log and its promise to publish do not wait for any witness.
    mutating func add(_ cosignatures: [Cosignature]) throws(AuditLogError) {
        guard let text = cosignatures.last?.text, let checkpoint = try? Checkpoint(parsing: text) else { return }
        var note = SignedNote(text: text, signatures: [])
        if let bytes = try directory.read(Self.checkpointPath), let current = try? SignedNote(parsing: bytes),
            current.text == text
        {
            note = current
            note.add(cosignatures.map(\.signature))
            try directory.replace(Self.checkpointPath, with: note.bytes, isOften: true)
        } else {
            note = checkpoint.note(signedBy: signers(now: .now))
            note.add(cosignatures.filter { $0.text == text }.map(\.signature))
        }
        try directory.replace(Self.cosignedPath, with: note.bytes, isOften: true)
        try directory.commit()
    }
}

extension SignedNote {
    /// Adds signatures; one of a key that has one already takes its place.
    mutating func add(_ added: [Signature]) {
        for signature in added {
            signatures.removeAll { $0.keyID == signature.keyID && $0.name == signature.name }
            signatures.append(signature)
        }
    }
}

extension SignedNote.Signature {
    /// The line of a note, with its newline.
    var line: [UInt8] {
        let id = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: keyID >> $0) }
        return Array("\u{2014} \(name) \(Base64.encode(id + bytes, .standard))\n".utf8)
    }
}
