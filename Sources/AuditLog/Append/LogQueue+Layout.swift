// SPDX-License-Identifier: Apache-2.0

extension LogQueue {
    /// Where the next frame goes: the segment in use as it stands in memory.
    struct Layout {
        /// The memory that is being filled; without one the next frame starts a fresh segment.
        var memory: SegmentMemory?
        /// Where in the segment the memory begins, at a block's boundary.
        var base = 0
        /// Where in the segment the next frame goes.
        var offset = 0
        /// Memory that nobody uses.
        var free: [SegmentMemory] = []
    }

    /// The bytes of a usual piece of memory; a whole number of frames stands in it.
    private static let memoryBytes = 1 << 20
    /// How many unused pieces are kept.
    private static let maximumFree = 32

    /// Copies a record into the queue and gives it its `n`.
    func enqueue(_ record: RecordView, _ recipient: Recipient, _ state: inout State) {
        state.counter += 1
        let digits = DecimalDigits(UInt64(state.counter))
        var frame = place(
            leafCount: record.leaf.count + digits.count, disclosureCount: record.disclosures.count, &state)
        let last = state.pending.count - 1
        let bytes = state.pending[last].memory.bytes
        SegmentFrame.write(
            frame, leaf: record.leaf, counter: digits, at: record.counterOffset, disclosures: record.disclosures,
            to: bytes)
        state.pending[last].recipients.add(recipient, place: state.pending[last].frames.count)
        frame.counter = state.counter
        state.pending[last].frames.append(frame)
        state.status.queuedRecords += 1
        state.status.queuedBytes += frame.byteCount
    }

    /// Makes room for a frame at the end of the last pending batch.
    private func place(leafCount: Int, disclosureCount: Int, _ state: inout State) -> FrameRange {
        var frame = FrameRange(start: 0, leafCount: leafCount, disclosureCount: disclosureCount)
        let end = state.layout.offset + frame.byteCount
        let fitsSegment = state.layout.memory != nil && end <= configuration.segmentBytes
        if let memory = state.layout.memory, fitsSegment, end - state.layout.base <= memory.count {
            if state.pending.last?.memory !== memory {
                state.pending.append(FrameBatch(memory: memory, base: state.layout.base, startsSegment: false))
            }
        } else {
            if !fitsSegment { state.layout.offset = 0 }
            state.layout.base = SegmentMemory.roundedDown(state.layout.offset)
            let memory = state.layout.free.popLast() ?? makeMemory(&state)
            state.layout.memory = memory
            state.pending.append(
                FrameBatch(
                    memory: memory, base: state.layout.base, lead: state.layout.offset - state.layout.base,
                    startsSegment: !fitsSegment))
        }
        frame.start = state.layout.offset - state.layout.base
        state.layout.offset += frame.byteCount
        return frame
    }

    private func makeMemory(_ state: inout State) -> SegmentMemory {
        state.status.memoryPieces += 1
        return SegmentMemory(byteCount: min(Self.memoryBytes, configuration.segmentBytes))
    }

    /// Lays out again what did not become durable, from a fresh segment on, and takes it from the queue.
    func relocate(_ unwritten: ArraySlice<FrameBatch>) -> [FrameBatch] {
        monitor.withLock { state in
            let old = unwritten + state.pending
            state.pending = []
            state.layout.memory = nil
            for batch in old { relocate(batch, &state) }
            defer { state.pending = [] }
            return state.pending
        }
    }

    private func relocate(_ batch: FrameBatch, _ state: inout State) {
        var first = 0
        for (index, old) in batch.frames.enumerated() {
            let batches = state.pending.count
            var frame = place(leafCount: old.leafCount, disclosureCount: old.disclosureCount, &state)
            if state.pending.count > batches, batches > 0 {
                let place = state.pending[batches - 1].frames.count - (index - first)
                state.pending[batches - 1].recipients.add(batch.recipients, places: first..<index, at: place)
                first = index
            }
            let last = state.pending.count - 1
            let target = UnsafeMutableRawBufferPointer(
                rebasing: state.pending[last].memory.bytes[frame.start..<frame.end])
            target.copyMemory(from: batch.memory.readable(old.start..<old.end))
            frame.counter = old.counter
            state.pending[last].frames.append(frame)
        }
        let last = state.pending.count - 1
        guard last >= 0 else { return }
        let place = state.pending[last].frames.count - (batch.frames.count - first)
        state.pending[last].recipients.add(batch.recipients, places: first..<batch.frames.count, at: place)
    }

    /// Takes pieces of memory and keeps those that nobody else holds any more for the next frames.
    ///
    /// They come by reference, since a copy of the array that the caller still had would be another holder.
    func recycle(_ memory: inout [SegmentMemory]) {
        var unused: [SegmentMemory] = []
        while var piece = memory.popLast() {
            if isKnownUniquelyReferenced(&piece) { unused.append(piece) }
        }
        monitor.withLock { state in
            for piece in unused where state.layout.free.count < Self.maximumFree { state.layout.free.append(piece) }
        }
    }
}

/// The digits of a number, without memory of their own.
struct DecimalDigits {
    private var digits = InlineArray<20, UInt8>(repeating: 0)
    private(set) var count = 0

    init(_ value: UInt64) {
        var rest = value
        repeat {
            count += 1
            digits[20 - count] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
    }

    /// Writes the digits and returns where they end.
    func write(to bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        for place in 0..<count { bytes[offset + place] = digits[20 - count + place] }
        return offset + count
    }
}
