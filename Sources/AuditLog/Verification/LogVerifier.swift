// SPDX-License-Identifier: Apache-2.0

/// Checks a log directory offline, trusting only the given keys.
///
/// Reads bundle after bundle, so that memory does not grow with the log.
///
/// ```swift
/// let keys = try LogVerifier.keys(parsing: "acme/gateway-1+3a5f…+AX…")
/// let report = LogVerifier(keys: keys).verify(directory: "data/audit")
/// guard report.isVerified else { print(report.problems); exit(1) }
/// ```
public struct LogVerifier: Sendable {
    /// Keys of which at least one must have signed the checkpoint.
    public var keys: [VerifierKey]
    /// Notes of checkpoints that the log must continue, as they stand in their files.
    public var oldCheckpoints: [[UInt8]] = []
    /// Keys of witnesses whose cosignatures count.
    public var witnessKeys: [VerifierKey] = []
    /// How many of ``witnessKeys`` must have cosigned the checkpoint.
    public var quorum = 0
    /// Where the openings of the commitments are; `nil` leaves them unchecked.
    public var disclosuresDirectory: String?
    /// Whether records are read: canonical JSON, the fields of every record, the counter `n` without holes.
    public var checksRecords = false
    /// The layer below.
    package var fileSystem = LogFileSystem.posix

    /// Makes a verifier that checks signatures, tiles, entries and root.
    public init(keys: [VerifierKey]) { self.keys = keys }

    /// Reads verifier keys, one a line; empty lines are passed over.
    ///
    /// - Parameter text: One key, or the content of a key file such as `log.vkey`.
    /// - Returns: The keys, at least one.
    /// - Throws: ``AuditLogError/unusableKey(path:problem:)``.
    public static func keys(parsing text: String) throws(AuditLogError) -> [VerifierKey] {
        var keys: [VerifierKey] = []
        for line in text.split(whereSeparator: \.isNewline) { keys.append(try VerifierKey(String(line))) }
        guard !keys.isEmpty else { throw .unusableKey(path: "", problem: "is not given; at least one is needed") }
        return keys
    }

    /// Checks a log.
    ///
    /// - Parameter path: The audit directory, or its `log/` alone.
    /// - Returns: What was found; it is verified only if there is no problem.
    public func verify(directory path: String) -> VerificationReport {
        var report = VerificationReport()
        let directory = LogDirectory(path: path, fileSystem: fileSystem)
        do {
            let source = try LogSource(directory: directory)
            guard let checkpoint = try checkpoint(source, &report) else { return report }
            let cosigned = try cosigned(source, for: checkpoint, &report)
            if report.witnesses.count < quorum {
                report.add("checkpoint: cosigned by \(report.witnesses.count) of the \(quorum) witnesses needed")
            }
            var pass = VerificationPass(
                verifier: self, reader: source.tiles, checkpoint: checkpoint,
                old: oldCheckpoints(oldCheckpoints + cosigned, for: checkpoint, &report), report: report)
            try pass.run()
            report = pass.report
            if source.isAuditDirectory { try checkState(directory, checkpoint, pass, &report) }
        } catch {
            report.add(error)
        }
        return report
    }

    private func checkpoint(
        _ source: LogSource, _ report: inout VerificationReport
    ) throws(AuditLogError) -> Checkpoint? {
        do {
            let note = try SignedNote(parsing: try source.checkpointNote())
            let checkpoint = try Checkpoint(parsing: note.text)
            (report.origin, report.size, report.root) = (checkpoint.origin, checkpoint.size, checkpoint.root.base64)
            let signers = try note.signers(among: keys).filter { $0.name == checkpoint.origin }
            guard !signers.isEmpty else {
                report.add("checkpoint: no given key has the name of the origin `\(checkpoint.origin)`")
                return nil
            }
            report.signers = signers.map(\.description)
            (report.witnesses, report.witnessedSize) = (
                note.cosigners(among: witnessKeys).map(\.description), checkpoint.size
            )
            return checkpoint
        } catch let problem as SignedNote.Problem {
            report.add("checkpoint: \(problem)")
            return nil
        } catch let error as AuditLogError {
            throw error
        } catch {
            report.add("checkpoint: \(error)")
            return nil
        }
    }

    /// The newest checkpoint with cosignatures, which the log must continue; it may be a little behind.
    private func cosigned(
        _ source: LogSource, for newest: Checkpoint, _ report: inout VerificationReport
    ) throws(AuditLogError) -> [[UInt8]] {
        let path = source.tiles.prefix + "cosigned"
        guard let bytes = try source.directory.read(path, limit: SignedNote.maximumBytes) else { return [] }
        guard let note = try? SignedNote(parsing: bytes), let checkpoint = try? Checkpoint(parsing: note.text) else {
            report.add("`\(path)` is not a checkpoint")
            return []
        }
        let witnesses = note.cosigners(among: witnessKeys).map(\.description)
        if witnesses.count > report.witnesses.count {
            (report.witnesses, report.witnessedSize) = (witnesses, checkpoint.size)
        }
        return [bytes]
    }

    /// The old checkpoints by size; those that cannot be trusted are problems.
    private func oldCheckpoints(
        _ notes: [[UInt8]], for newest: Checkpoint, _ report: inout VerificationReport
    ) -> [Checkpoint] {
        var old: [Checkpoint] = []
        for (place, bytes) in notes.enumerated() {
            do {
                let note = try SignedNote(parsing: bytes)
                _ = try note.signers(among: keys)
                let checkpoint = try Checkpoint(parsing: note.text)
                if checkpoint.origin != newest.origin {
                    report.add("old checkpoint \(place + 1) is of the log `\(checkpoint.origin)`")
                } else if checkpoint.size > newest.size {
                    report.add(
                        "old checkpoint \(place + 1) has \(checkpoint.size) records, the log only \(newest.size)",
                        at: newest.size)
                } else {
                    old.append(checkpoint)
                }
            } catch {
                report.add("old checkpoint \(place + 1): \(error)")
            }
        }
        return old.sorted { $0.size < $1.size }
    }

    /// The state of a run that goes on or was killed, unless checkpoints were signed after the one that is verified.
    private func unfinished(_ directory: LogDirectory, _ checkpoint: Checkpoint) throws(AuditLogError) -> LogState? {
        guard let bytes = try directory.read(LogState.path), let state = LogState(parsing: bytes),
            state.openSegmentBytes != nil, state.size == checkpoint.size
        else { return nil }
        return state
    }

    /// `state.json` and `log.vkey` must not contradict what is signed.
    private func checkState(
        _ directory: LogDirectory, _ checkpoint: Checkpoint, _ pass: VerificationPass,
        _ report: inout VerificationReport
    ) throws(AuditLogError) {
        let listed = try directory.read("log.vkey").map { bytes in
            (try? Self.keys(parsing: String(decoding: bytes, as: UTF8.self))) ?? []
        }
        let known = (listed ?? []) + keys
        if let bytes = try directory.read(LogState.path) {
            let state = LogState(parsing: bytes)
            let isConsistent =
                state.map { state in
                    state.origin == checkpoint.origin && state.bytes == bytes
                        && (state.size > checkpoint.size
                            || state.size == checkpoint.size && state.root == checkpoint.root)
                        && state.keyIDs.allSatisfy { id in known.contains { $0.hexadecimalKeyID == id } }
                        && pass.explains(state)
                } ?? false
            if !isConsistent { report.add("`\(LogState.path)` does not agree with the checkpoint and the keys") }
        }
        // A log that is closed meanwhile says so before its segments go.
        let store = SegmentStore(path: directory.absolute("wal"), segmentBytes: 0, fileSystem: fileSystem)
        if let first = try unfinished(directory, checkpoint), try store.missing(for: first) != nil,
            let state = try unfinished(directory, checkpoint), let problem = try store.missing(for: state)
        {
            report.add(problem)
        }
        if let listed, !keys.contains(where: listed.contains) {
            report.add("`log.vkey` does not list a key that was given")
        }
    }
}

extension SignedNote {
    /// The witnesses that cosigned (C2SP tlog-cosignature, "cosignature/v1").
    func cosigners(among keys: [VerifierKey]) -> [VerifierKey] {
        var cosigners: [VerifierKey] = []
        for key in keys where key.kind == .witness && !cosigners.contains(key) {
            for signature in signatures where signature.keyID == key.keyID && signature.name == key.name {
                guard signature.bytes.count == 72 else { continue }
                let time = signature.bytes[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                let message = Array("cosignature/v1\ntime \(time)\n".utf8) + text
                guard key.isValid(signature: signature.bytes[8...], of: message) else { continue }
                cosigners.append(key)
                break
            }
        }
        return cosigners
    }
}
