// SPDX-License-Identifier: Apache-2.0

/// Bytes that grow at the end, in memory that direct transfers can use.
final class BlockBuffer {
    private static let maximumKept = 4 << 20

    private var memory: SegmentMemory
    private(set) var count = 0

    init(capacity: Int = SegmentMemory.blockBytes) { memory = SegmentMemory(byteCount: capacity) }

    convenience init(_ bytes: some Collection<UInt8>) {
        self.init(capacity: bytes.count)
        append(bytes)
    }

    var isEmpty: Bool { count == 0 }

    var bytes: UnsafeRawBufferPointer { memory.readable(0..<count) }

    func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        memory.bytes.baseAddress?.advanced(by: count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    func append(_ bytes: some Collection<UInt8>) {
        reserve(bytes.count)
        for byte in bytes {
            memory.bytes[count] = byte
            count += 1
        }
    }

    /// Takes everything out and keeps the memory, unless it is unusually much.
    func removeAll() {
        count = 0
        if memory.count > Self.maximumKept { memory = SegmentMemory(byteCount: SegmentMemory.blockBytes) }
    }

    /// Takes other bytes in place of those that are there, which are overwritten.
    func replace(with bytes: [UInt8]) {
        memory.bytes.initializeMemory(as: UInt8.self, repeating: 0)
        count = 0
        append(bytes)
    }

    /// The same bytes in memory of their own.
    func copy() -> BlockBuffer {
        let copy = BlockBuffer(capacity: count)
        copy.append(bytes)
        return copy
    }

    private func reserve(_ added: Int) {
        guard count + added > memory.count else { return }
        let larger = SegmentMemory(byteCount: max(count + added, 2 * memory.count))
        larger.bytes.copyMemory(from: bytes)
        memory = larger
    }
}
