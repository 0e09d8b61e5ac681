// SPDX-License-Identifier: Apache-2.0

import Crypto
import StrictJSON
import Synchronization

/// Cosigns the checkpoints of other logs after it has seen that each one continues the one before (C2SP tlog-witness).
///
/// What it cosigned last is durable before it answers, one file a log; it never cosigns two histories of one log.
public final class Witness: Sendable {
    /// The answer to a request, in terms of HTTP.
    public struct Answer: Sendable, Hashable {
        /// The status code.
        public let status: Int
        /// `text/plain`, or `text/x.tlog.size` where the standard says so.
        public let contentType: String
        /// Signature lines, a size, or what was wrong.
        public let body: String

        init(_ status: Int, _ body: String, contentType: String = "text/plain; charset=utf-8") {
            (self.status, self.body, self.contentType) = (status, body, contentType)
        }
    }

    /// What was cosigned last of a log.
    private struct Seen {
        var size: UInt64 = 0
        var root = TreeHash.empty
    }

    /// The witness's public key.
    public let verifierKey: VerifierKey
    private let key: LogSigningKey
    private let logs: [String: [VerifierKey]]
    private let directory: Mutex<LogDirectory>

    /// Makes a witness.
    ///
    /// - Parameters:
    ///   - path: Where it remembers what it cosigned; made when missing.
    ///   - key: A key of the kind ``VerifierKey/Kind/witness``.
    ///   - logs: The keys of the logs that are cosigned; a log may have several.
    /// - Throws: ``AuditLogError/unusableKey(path:problem:)`` if a key is of the wrong kind.
    public convenience init(directory path: String, key: LogSigningKey, logs: [VerifierKey]) throws(AuditLogError) {
        try self.init(directory: LogDirectory(path: path, fileSystem: .posix), key: key, logs: logs)
    }

    init(directory: LogDirectory, key: LogSigningKey, logs: [VerifierKey]) throws(AuditLogError) {
        guard key.verifierKey.kind == .witness else {
            throw .unusableKey(path: key.description, problem: "is not a witness's key (type 0x04)")
        }
        for log in logs where log.kind != .log {
            throw .unusableKey(path: log.description, problem: "is not a log's key (type 0x01)")
        }
        self.key = key
        verifierKey = key.verifierKey
        self.logs = Dictionary(grouping: logs, by: \.name)
        try directory.fileSystem.makeDirectory(directory.path)
        self.directory = Mutex(directory)
    }

    /// Answers `add-checkpoint`; blocks while it makes durable what it cosigns.
    ///
    /// - Parameters:
    ///   - body: The request's body.
    ///   - time: When it cosigns, in seconds since the Unix epoch.
    /// - Returns: The answer.
    public func addCheckpoint(_ body: [UInt8], at time: UInt64) -> Answer {
        guard let request = WitnessRequest(parsing: body) else {
            return Answer(400, "the body is not that of add-checkpoint\n")
        }
        let origin = String(decoding: request.note.text.prefix { $0 != 0x0A }, as: UTF8.self)
        guard let keys = logs[origin] else { return Answer(404, "this log is not known here\n") }
        guard (try? request.note.signers(among: keys)) != nil else {
            return Answer(403, "no signature of a known key of this log\n")
        }
        guard let checkpoint = try? Checkpoint(parsing: request.note.text) else {
            return Answer(400, "the checkpoint has other than three lines\n")
        }
        guard request.old <= checkpoint.size else { return Answer(400, "the old size is above the checkpoint's\n") }
        return directory.withLock { directory in cosign(request, checkpoint, at: time, &directory) }
    }

    private func cosign(
        _ request: WitnessRequest, _ checkpoint: Checkpoint, at time: UInt64, _ directory: inout LogDirectory
    ) -> Answer {
        do throws(AuditLogError) {
            let seen = try seen(checkpoint.origin, directory)
            guard request.old == seen.size else {
                return Answer(409, "\(seen.size)\n", contentType: "text/x.tlog.size")
            }
            if seen.size == checkpoint.size, seen.root != checkpoint.root, seen.size > 0 {
                return Answer(409, "\(seen.size)\n", contentType: "text/x.tlog.size")
            }
            let proof = ConsistencyProof(old: seen.size, size: checkpoint.size, hashes: request.hashes)
            guard proof.connects(seen.root, to: checkpoint.root) else {
                return Answer(422, "the checkpoint does not continue the one cosigned before\n")
            }
            guard let signature = key.cosignature(of: request.note.text, at: time) else {
                return Answer(500, "the witness's key cannot sign\n")
            }
            try remember(checkpoint, &directory)
            return Answer(200, String(decoding: signature.line, as: UTF8.self))
        } catch {
            directory.discard()
            return Answer(500, "what is cosigned cannot be made durable\n")
        }
    }

    private static func fileName(_ origin: String) -> String {
        let digest = SHA256.hash(data: Array(origin.utf8))
        return digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined() + ".json"
    }

    private func seen(_ origin: String, _ directory: LogDirectory) throws(AuditLogError) -> Seen {
        let name = Self.fileName(origin)
        guard let bytes = try directory.read(name, limit: 4096) else { return Seen() }
        guard let object = try? JSONValue.parse(bytes).objectValue, object["origin"]?.stringValue == origin,
            let size = object["size"]?.int64Value.flatMap({ UInt64(exactly: $0) }),
            let root = object["root"]?.stringValue.flatMap({ Base64.decode($0.utf8, .standard) }).flatMap({
                TreeHash($0)
            })
        else {
            throw .corrupted(file: directory.absolute(name), offset: 0, problem: "it does not say what was cosigned")
        }
        return Seen(size: size, root: root)
    }

    private func remember(_ checkpoint: Checkpoint, _ directory: inout LogDirectory) throws(AuditLogError) {
        var object = JSONObject()
        object.append("origin", .string(checkpoint.origin))
        object.append("root", .string(checkpoint.root.base64))
        object.append("size", .number(JSONNumber(Int64(clamping: checkpoint.size))))
        try directory.replace(
            Self.fileName(checkpoint.origin), with: JSONValue.object(object).canonicalBytes() + [0x0A])
        try directory.commit()
    }
}

extension LogSigningKey {
    /// The cosignature of a checkpoint (C2SP tlog-cosignature): the time in eight bytes, then Ed25519 over time and text.
    func cosignature(of text: [UInt8], at time: UInt64) -> SignedNote.Signature? {
        guard let bytes = signature(of: Array("cosignature/v1\ntime \(time)\n".utf8) + text) else { return nil }
        let moment = (0..<8).reversed().map { UInt8(truncatingIfNeeded: time >> (8 * UInt64($0))) }
        return SignedNote.Signature(name: verifierKey.name, keyID: verifierKey.keyID, bytes: moment + bytes)
    }
}
