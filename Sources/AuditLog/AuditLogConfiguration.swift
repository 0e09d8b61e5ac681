// SPDX-License-Identifier: Apache-2.0

public import Logging
public import StrictJSON

/// The settings of one audit log.
public struct AuditLogConfiguration: Sendable {
    /// When a caller may act on its verdict.
    public enum Mode: Sendable, Hashable {
        /// Only after the record is on stable storage.
        case strict
        /// Records that allow it are released once queued; denials and administrative records stay strict.
        case async(whenFull: FullQueue)
    }

    /// What happens to a record that may be released early when the queue is full.
    public enum FullQueue: Sendable, Hashable {
        /// It waits within its own deadline, as in strict mode.
        case block
        /// It is dropped, and a `gap` record says so.
        case drop
    }

    /// The audit directory, `<data>/audit`; created with mode 0700 when missing.
    public var directory: String
    /// The log's identity, `<deployment>/<replica>`: first line of every checkpoint and name of the key.
    public var origin: String
    /// The key that signs checkpoints; its name must be the origin.
    public var key: LogSigningKey
    /// Further keys of the same name: one that takes part in a rotation, or stands ready for one.
    public var otherKeys: [LogSigningKey] = []
    /// Told of erased entries, for what is derived from the log; called on any thread, calls back when it is done.
    ///
    /// `false` means that it failed and is to be called again.
    package var erase: (@Sendable (_ entries: [Range<UInt64>], _ done: @escaping @Sendable (Bool) -> Void) -> Void)?
    /// Gets cosignatures for the last checkpoint when the log is closed; called on a thread that may wait a few seconds.
    package var cosignLast: (@Sendable () -> [Cosignature])?
    /// Strict unless stated otherwise.
    public var mode: Mode = .strict
    /// How long the oldest released record may stay unsynced in async mode: 1 ms to 10 s.
    ///
    /// Once it has waited so long, further records wait for their sync as in strict mode.
    public var maximumDelay: Duration = .milliseconds(100)
    /// How many released records may be unsynced at once in async mode: 1 to 1,048,576.
    public var maximumUnsyncedRecords: Int = 8192
    /// The longest time between a record's durability and the checkpoint over it: 10 ms to a day; the service takes 60 s at most.
    public var checkpointInterval: Duration = .seconds(1)
    /// Below this many free bytes ``AuditLogStatus/isShortOfSpace`` is set.
    public var minimumFreeBytes: UInt64 = 1 << 30
    /// The size of one write-ahead segment, in bytes: 4 KiB to 1 GiB; a record must fit into one.
    public var segmentBytes: Int = 64 << 20
    /// How many zero-filled segments stand ready: 1 to 8.
    public var spareSegments: Int = 2
    /// The most records waiting for the disk: 1 to 1,048,576.
    public var maximumQueuedRecords: Int = 65_536
    /// The most bytes waiting for the disk: 64 KiB to 1 GiB.
    public var maximumQueuedBytes: Int = 64 << 20
    /// How often a log that was turned off probes its disk.
    public var probeInterval: Duration = .seconds(1)
    /// How long every probe must succeed before the log is turned on again.
    public var probeDuration: Duration = .seconds(10)
    /// Further members of the `boot` record, such as the version of the program.
    public var bootMembers = JSONObject()
    /// Where failures of the disk are reported; never the content of a record.
    public var logger = Logger(label: "countersign.audit")
    /// The layer below; tests replace it to make writes and syncs fail.
    package var fileSystem = LogFileSystem.posix

    /// Makes a strict configuration with the documented defaults.
    public init(directory: String, origin: String, key: LogSigningKey) {
        self.directory = directory
        self.origin = origin
        self.key = key
    }
}
