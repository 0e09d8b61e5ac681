// SPDX-License-Identifier: Apache-2.0

/// Where one record stands in memory.
struct FrameRange: Sendable {
    /// Where its frame starts.
    var start: Int
    var leafCount: Int
    var disclosureCount: Int
    /// Its `n`; zero where nobody asks.
    var counter: Int64 = 0

    var leaf: Range<Int> { start + SegmentFrame.headerBytes..<start + SegmentFrame.headerBytes + leafCount }
    var disclosures: Range<Int> { leaf.upperBound..<end }
    var end: Int { start + byteCount }
    var byteCount: Int { SegmentFrame.headerBytes + leafCount + disclosureCount }
}

/// Neighbouring frames in one piece of memory that become durable together, and who waits for that.
struct FrameBatch: Sendable {
    let memory: SegmentMemory
    /// Where in the segment the memory begins.
    let base: Int
    /// Whether the first frame goes into a fresh segment.
    let startsSegment: Bool
    /// How many bytes of the memory's first block stand before the first frame and are not in memory yet.
    let lead: Int
    var frames: [FrameRange] = []
    var recipients = Recipients()

    init(memory: SegmentMemory, base: Int, lead: Int = 0, startsSegment: Bool) {
        self.memory = memory
        self.base = base
        self.lead = lead
        self.startsSegment = startsSegment
    }

    /// The bytes of the frames, in memory.
    var range: Range<Int> { (frames.first?.start ?? 0)..<(frames.last?.end ?? 0) }
}

/// Records on stable storage, where they stand in memory.
struct DurableFrames: Sendable {
    let memory: SegmentMemory
    /// The index of the first one.
    private(set) var firstIndex: UInt64
    private(set) var frames: ArraySlice<FrameRange>
    /// When the sync returned.
    let since: ContinuousClock.Instant

    init(memory: SegmentMemory, firstIndex: UInt64, frames: [FrameRange], since: ContinuousClock.Instant = .now) {
        self.since = since
        self.memory = memory
        self.firstIndex = firstIndex
        self.frames = frames[...]
    }

    var endIndex: UInt64 { firstIndex + UInt64(frames.count) }

    /// Their size in a segment.
    var byteCount: Int { (frames.last?.end ?? 0) - (frames.first?.start ?? 0) }

    /// Splits off the records below an index.
    func split(at index: UInt64) -> (below: DurableFrames, rest: DurableFrames) {
        let count = Int(max(firstIndex, min(index, endIndex)) - firstIndex)
        var (below, rest) = (self, self)
        below.frames = frames.prefix(count)
        rest.frames = frames.dropFirst(count)
        rest.firstIndex += UInt64(count)
        return (below, rest)
    }

    /// Gives each record's index, leaf and disclosures.
    func forEach<Failure: Error>(
        _ body: (UInt64, UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var index = firstIndex
        for frame in frames {
            try body(index, memory.readable(frame.leaf), memory.readable(frame.disclosures))
            index += 1
        }
    }
}
