// SPDX-License-Identifier: Apache-2.0

/// One record in a write-ahead segment.
///
/// `u32 length | u32 CRC-32C | u64 leaf index | u64 synced | u16 leaf length | leaf | disclosures`, little-endian.
/// `length` counts what follows the CRC field, which is also what the CRC covers; zero ends the segment.
enum SegmentFrame {
    static let prefixBytes = 8
    static let headerBytes = prefixBytes + 18
    /// A leaf and sixteen times as much of disclosures, which carry values that the leaf only commits to.
    static let maximumDisclosureBytes = 16 * AuditRecord.maximumLeafBytes
    static let maximumLength = 18 + AuditRecord.maximumLeafBytes + maximumDisclosureBytes

    /// What a good frame says.
    struct Content {
        var index: UInt64
        /// Every index below was durable when the frame was written.
        var synced: UInt64
        var leaf: Range<Int>
        var disclosures: Range<Int>
        /// Where the next frame starts.
        var end: Int
    }

    static func append(_ record: DurableRecord, synced: UInt64, to bytes: inout [UInt8]) {
        let start = bytes.count
        append(UInt32(truncatingIfNeeded: 18 + record.leaf.count + record.disclosures.count), to: &bytes)
        append(UInt32(0), to: &bytes)
        append(record.index, to: &bytes)
        append(synced, to: &bytes)
        append(UInt16(truncatingIfNeeded: record.leaf.count), to: &bytes)
        bytes.append(contentsOf: record.leaf)
        bytes.append(contentsOf: record.disclosures)
        bytes.withUnsafeMutableBytes { buffer in
            let covered = UnsafeRawBufferPointer(rebasing: buffer[(start + prefixBytes)...])
            let checksum = CRC32C.checksum(covered).littleEndian
            buffer.storeBytes(of: checksum, toByteOffset: start + 4, as: UInt32.self)
        }
    }

    /// Reads the frame at an offset; `nil` if there is no whole, undamaged one.
    static func read(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Content? {
        guard offset + headerBytes <= bytes.count else { return nil }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard length >= 18, length <= maximumLength, length <= bytes.count - offset - prefixBytes else { return nil }
        let leafLength = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 24, as: UInt16.self)))
        guard leafLength <= length - 18 else { return nil }
        let start = offset + prefixBytes
        let end = start + length
        let expected = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
        guard CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) == expected else { return nil }
        let leaf = offset + headerBytes..<offset + headerBytes + leafLength
        return Content(
            index: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)),
            synced: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)),
            leaf: leaf, disclosures: leaf.upperBound..<end, end: end
        )
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

/// A record with its place in the log.
struct DurableRecord: Sendable {
    var index: UInt64
    var leaf: [UInt8]
    /// The JSON array of the disclosures, or nothing.
    var disclosures: [UInt8]
}
