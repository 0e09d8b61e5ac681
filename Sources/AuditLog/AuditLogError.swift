// SPDX-License-Identifier: Apache-2.0

/// Why the audit log could not do what was asked.
public enum AuditLogError: Error, Sendable, Hashable {
    /// Another process holds the directory's `LOCK`.
    case alreadyInUse(directory: String)
    /// A setting is outside its range.
    case invalidConfiguration(problem: String)
    /// The origin cannot name a log.
    case invalidOrigin(String, problem: String)
    /// The key file is missing, malformed or belongs to another origin.
    case unusableKey(path: String, problem: String)
    /// The key file can be read by others than its owner, or lies inside the data directory.
    case exposedKey(path: String, problem: String)
    /// A file of the log is damaged: records that were durable cannot be read.
    case corrupted(file: String, offset: UInt64, problem: String)
    /// The log is shorter than, or differs from, what was signed before; signing on would be a fork.
    case wouldFork(signedSize: UInt64, problem: String)
    /// The operating system refused an operation (`code` is `errno`).
    case storage(operation: String, path: String, code: Int32)
    /// No segment can be made: the disk is full.
    case diskFull
    /// The queue stayed full until the caller's deadline.
    case queueFull
    /// Writing failed twice; the log is off until the disk answers again.
    case turnedOff
    /// The record is larger than a frame may be (sizes in bytes).
    case recordTooLarge(bytes: Int, limit: Int)
    /// The record is not of the form that the log stores.
    case invalidRecord(problem: String)
    /// The log is closed or closing.
    case closed
    /// Legal holds are in force.
    case held(by: [String])
    /// The subject is known of several issuers, which may mean several people.
    case severalIssuers([String])
    /// No record has this id or index.
    case notFound(String)
}

extension AuditLogError: CustomStringConvertible {
    /// What the operator sees; names files and settings, never the content of a record.
    public var description: String {
        switch self {
        case .alreadyInUse(let directory):
            "audit directory `\(directory)` is in use by another process; each replica needs its own"
        case .invalidConfiguration(let problem): "audit configuration: \(problem)"
        case .invalidOrigin(let origin, let problem): "audit origin `\(origin)` \(problem)"
        case .unusableKey(let path, let problem): "log key `\(path)` \(problem)"
        case .exposedKey(let path, let problem): "log key `\(path)` is not safe: \(problem)"
        case .corrupted(let file, let offset, let problem): "`\(file)` is damaged at offset \(offset): \(problem)"
        case .wouldFork(let signedSize, let problem):
            "refusing to sign on: the log was signed at size \(signedSize), but \(problem); "
                + "keep this directory and start a new one under a new origin"
        case .storage(let operation, let path, let code): "\(operation) of `\(path)` failed with errno \(code)"
        case .diskFull: "no space for another audit segment"
        case .queueFull: "the audit queue stayed full until the deadline"
        case .turnedOff: "the audit log is off after repeated write failures"
        case .recordTooLarge(let bytes, let limit): "a record of \(bytes) bytes was refused; at most \(limit) fit"
        case .invalidRecord(let problem): "a record was refused: \(problem)"
        case .closed: "the audit log is closed"
        case .held(let names): "legal holds are in force: \(names.joined(separator: ", "))"
        case .severalIssuers(let names):
            "the subject is known of several issuers, and may be several people; name the one that is meant: "
                + names.map { "`\($0)`" }.joined(separator: ", ")
        case .notFound(let name): "no record `\(name)` in the log"
        }
    }
}
