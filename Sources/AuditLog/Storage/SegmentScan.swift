// SPDX-License-Identifier: Apache-2.0

/// Reads what the write-ahead segments hold beyond the published tree.
struct SegmentScan {
    private let store: SegmentStore
    private(set) var next: UInt64

    init(store: SegmentStore, from index: UInt64) {
        self.store = store
        next = index
    }

    /// The records from the first wanted index to the end or to a torn tail, one segment at a time.
    ///
    /// A segment counts up to the first index of the one after it: what a failed segment holds beyond was written
    /// again there.
    ///
    /// - Throws: ``AuditLogError/corrupted(file:offset:problem:)`` if a record that was durable cannot be read.
    mutating func forEach(
        _ body: (DurableFrames) throws(AuditLogError) -> Void
    ) throws(AuditLogError) {
        let names = try store.fileSystem.list(store.path)
        let bases = names.compactMap { SegmentStore.base(of: $0) }.sorted()
        for (place, base) in bases.enumerated() {
            let path = "\(store.path)/\(SegmentStore.name(base: base))"
            guard base <= next else {
                throw .corrupted(file: path, offset: 0, problem: "records \(next) to \(base - 1) are missing before it")
            }
            let limit = place + 1 < bases.count ? bases[place + 1] : UInt64.max
            guard limit > next else { continue }
            let records = try scan(path, base: base, limit: limit)
            if !records.frames.isEmpty { try body(records) }
        }
    }

    private mutating func scan(
        _ path: String, base: UInt64, limit: UInt64
    ) throws(AuditLogError) -> DurableFrames {
        let file = try store.fileSystem.open(path, .read)
        defer { store.fileSystem.close(file) }
        let (memory, count) = try store.fileSystem.readAll(file)
        let buffer = memory.readable(0..<count)
        var frames: [FrameRange] = []
        let first = max(base, next)
        var expected = base
        var offset = 0
        while expected < limit, let frame = SegmentFrame.read(buffer, at: offset), frame.index == expected {
            if expected >= next {
                frames.append(
                    FrameRange(start: offset, leafCount: frame.leaf.count, disclosureCount: frame.disclosures.count))
            }
            expected += 1
            offset = frame.end
        }
        if expected < limit, limit != .max || Self.wasSynced(expected, after: offset, in: buffer) {
            throw .corrupted(
                file: path, offset: UInt64(offset), problem: "record \(expected) was durable and cannot be read")
        }
        next = max(next, expected)
        return DurableFrames(memory: memory, firstIndex: first, frames: frames)
    }

    /// Whether a good frame further on says that this index was durable when it was written.
    private static func wasSynced(_ index: UInt64, after start: Int, in buffer: UnsafeRawBufferPointer) -> Bool {
        var offset = start
        while offset + SegmentFrame.headerBytes <= buffer.count {
            if buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self) == 0 {
                // A frame that starts at one of these five bytes would have the length zero.
                offset += 5
                continue
            }
            if let frame = SegmentFrame.read(buffer, at: offset), frame.index >= index, frame.synced > index {
                return true
            }
            offset += 1
        }
        return false
    }
}
