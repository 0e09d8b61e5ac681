// SPDX-License-Identifier: Apache-2.0

/// A cheap picture of the log at one moment.
public struct AuditLogStatus: Sendable, Hashable {
    /// Why the log does not take records.
    public enum Refusal: Sendable, Hashable {
        /// No segment can be made.
        case diskFull
        /// Writing failed twice; the disk is being probed.
        case turnedOff
        /// ``AuditLog/close()`` was called.
        case closed
    }

    /// What became of records whose callers may be answered before the sync, since the start.
    public struct Early: Sendable, Hashable {
        /// Answered before the sync.
        public var released: UInt64 = 0
        /// Answered and not durable at the moment: what a power cut would take.
        public var unsynced = 0
        /// Answered after the sync, since as much as may be lost was at stake.
        public var held: UInt64 = 0
        /// Answered and not recorded, since the queue was full; `gap` records account for them.
        public var dropped: UInt64 = 0
        /// Answered, and lost when the log was turned off; `gap` records account for them.
        public var lost: UInt64 = 0
    }

    /// The mode in force.
    public var mode: AuditLogConfiguration.Mode
    /// Why records are refused, or `nil` while they are taken.
    public var refusal: Refusal?
    /// The origin that checkpoints carry.
    public var origin: String
    /// Records queued or being written.
    public var queuedRecords: Int
    /// Bytes queued or being written.
    public var queuedBytes: Int
    /// The number of leaves on stable storage.
    public var durableSize: UInt64
    /// The size of the newest published checkpoint.
    public var checkpointSize: UInt64
    /// How long the last sync of a batch took, in microseconds.
    public var lastSyncMicroseconds: UInt64
    /// Records in the last batch.
    public var lastBatchRecords: Int
    /// Batches synced since the start.
    public var batches: UInt64
    /// Free bytes of the file system, as of the last look (each segment and each second with traffic).
    public var freeBytes: UInt64
    /// Whether ``freeBytes`` is below the configured minimum.
    public var isShortOfSpace: Bool
    /// Writes and syncs of batches that failed since the start.
    public var writeFailures: UInt64
    /// Integrations or checkpoints that failed since the start; each is tried again.
    public var integrationFailures: UInt64
    /// Records refused since the start; `gap` records account for them.
    public var refusedRecords: UInt64
    /// Zero-filled segments standing ready.
    public var spareSegments: Int
    /// Pieces of memory, of 1 MiB or a segment each, that were made for records since the start; published records
    /// give theirs back, so that it stays as it is under constant load.
    public var memoryPieces = 0

    /// Async mode's own account; all zeroes in strict mode.
    public var early = Early()

    /// Names of the legal holds in force, as of the newest checkpoint.
    public var holds: [String] = []
    /// The first record that was not pruned.
    public var minimumIndex: UInt64 = 0
    /// The first record whose disclosures were not pruned.
    public var disclosuresFrom: UInt64 = 0
    /// The keys that sign checkpoints, by their ids, oldest first.
    public var signingKeys: [String] = []
    /// Until when all of ``signingKeys`` sign, while a rotation goes on.
    public var rotationUntil: AuditTimestamp?
    /// Records that order something which is not done yet.
    public var pendingOrders = 0

    /// Whether records are taken.
    public var isWritable: Bool { refusal == nil }
}
