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

    /// Writes a frame, all but what ``seal(_:index:synced:in:)`` adds, with the digits of `n` put into the leaf.
    static func write(
        _ frame: FrameRange, leaf: UnsafeRawBufferPointer, counter: DecimalDigits, at counterOffset: Int,
        disclosures: UnsafeRawBufferPointer, to bytes: UnsafeMutableRawBufferPointer
    ) {
        let length = UInt32(truncatingIfNeeded: frame.byteCount - prefixBytes)
        bytes.storeBytes(of: length.littleEndian, toByteOffset: frame.start, as: UInt32.self)
        let leafCount = UInt16(truncatingIfNeeded: frame.leafCount)
        bytes.storeBytes(of: leafCount.littleEndian, toByteOffset: frame.start + 24, as: UInt16.self)
        var offset = copy(
            UnsafeRawBufferPointer(rebasing: leaf[..<counterOffset]), to: bytes, at: frame.leaf.lowerBound)
        offset = counter.write(to: bytes, at: offset)
        offset = copy(UnsafeRawBufferPointer(rebasing: leaf[counterOffset...]), to: bytes, at: offset)
        _ = copy(disclosures, to: bytes, at: offset)
    }

    /// Adds a frame's index, how much was durable before, and the checksum.
    static func seal(_ frame: FrameRange, index: UInt64, synced: UInt64, in bytes: UnsafeMutableRawBufferPointer) {
        bytes.storeBytes(of: index.littleEndian, toByteOffset: frame.start + 8, as: UInt64.self)
        bytes.storeBytes(of: synced.littleEndian, toByteOffset: frame.start + 16, as: UInt64.self)
        let covered = UnsafeRawBufferPointer(rebasing: bytes[frame.start + prefixBytes..<frame.end])
        let checksum = CRC32C.checksum(covered).littleEndian
        bytes.storeBytes(of: checksum, toByteOffset: frame.start + 4, as: UInt32.self)
    }

    private static func copy(
        _ source: UnsafeRawBufferPointer, to bytes: UnsafeMutableRawBufferPointer, at offset: Int
    ) -> Int {
        guard let from = source.baseAddress, let target = bytes.baseAddress else { return offset }
        target.advanced(by: offset).copyMemory(from: from, byteCount: source.count)
        return offset + source.count
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
}

/// A record with its place in the log.
struct DurableRecord: Sendable {
    var index: UInt64
    var leaf: [UInt8]
    /// The JSON array of the disclosures, or nothing.
    var disclosures: [UInt8]
}
