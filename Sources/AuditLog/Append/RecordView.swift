// SPDX-License-Identifier: Apache-2.0

/// A record's bytes where the caller has them; good for the length of a call.
struct RecordView {
    /// The leaf without the digits of `n`.
    var leaf: UnsafeRawBufferPointer
    var counterOffset: Int
    var disclosures: UnsafeRawBufferPointer
    var release: AuditRecord.Release

    /// The most that its frame takes.
    var byteCount: Int { SegmentFrame.headerBytes + leaf.count + 20 + disclosures.count }

    /// A copy that can wait.
    var record: AuditRecord {
        AuditRecord(
            leaf: Array(leaf), counterOffset: counterOffset, disclosures: Array(disclosures), release: release)
    }
}

extension AuditRecord {
    func withView<Result>(_ body: (RecordView) -> Result) -> Result {
        leaf.withUnsafeBytes { leaf in
            disclosures.withUnsafeBytes { disclosures in
                body(
                    RecordView(leaf: leaf, counterOffset: counterOffset, disclosures: disclosures, release: release))
            }
        }
    }
}

/// A record that waits for room in the queue.
struct WaitingRecord: Sendable {
    var record: AuditRecord
    var recipient: Recipient

    var byteCount: Int { record.withView { $0.byteCount } }
}
