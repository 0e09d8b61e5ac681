// SPDX-License-Identifier: Apache-2.0

/// One record on its way into the log.
///
/// The bytes are the canonical JSON of the leaf (RFC 8785) except that the value of the top-level member `n` is
/// missing: it is put in where ``counterOffset`` says when the record is queued, so that `n` follows log order.
///
/// ```swift
/// // {"boot":"…","id":"…","n":,"t":"decision","ts":"…","v":1}
/// ```
public struct AuditRecord: Sendable {
    /// When the caller's completion may run.
    public enum Release: Sendable, Hashable {
        /// After the record is on stable storage, in every mode.
        case whenDurable
        /// Once queued if the log runs in async mode; the same as ``whenDurable`` in strict mode.
        case mayPrecedeSync
    }

    /// The largest leaf, in bytes, with the digits of `n`.
    public static let maximumLeafBytes = 16_384

    /// The leaf without the digits of `n`.
    public var leaf: [UInt8]
    /// Where in ``leaf`` the digits go.
    public var counterOffset: Int
    /// The JSON array of the disclosures, or nothing: see ``Commitments/disclosures``.
    public var disclosures: [UInt8]
    /// When the completion may run.
    public var release: Release

    /// Makes a record.
    public init(leaf: [UInt8], counterOffset: Int, disclosures: [UInt8] = [], release: Release = .whenDurable) {
        self.leaf = leaf
        self.counterOffset = counterOffset
        self.disclosures = disclosures
        self.release = release
    }
}

/// What the log says about a record that it took.
public struct AuditReceipt: Sendable, Hashable {
    /// The record's place in the log, counted from zero; `nil` if it was released before it was written.
    public var leafIndex: UInt64?
    /// Whether the record is on stable storage.
    public var isDurable: Bool { leafIndex != nil }

    /// Makes a receipt.
    public init(leafIndex: UInt64?) { self.leafIndex = leafIndex }
}
