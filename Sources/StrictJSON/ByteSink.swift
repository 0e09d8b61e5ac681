// SPDX-License-Identifier: Apache-2.0

/// Bytes that grow at the end, written in place: what JSON, protobuf and lists of fields are built in.
///
/// The storage is as long as its capacity, so that appending is a comparison and a copy.
package struct ByteSink: Sendable {
    @usableFromInline
    package private(set) var storage: [UInt8]
    /// The number of bytes written.
    package private(set) var count = 0

    /// Makes an empty sink with room for this many bytes.
    package init(capacity: Int = 0) { storage = [UInt8](repeating: 0, count: capacity) }

    /// What was written.
    package var bytes: [UInt8] { count == storage.count ? storage : Array(storage[..<count]) }

    /// What was written, without a copy; the sink is empty then.
    package mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &storage)
        taken.removeLast(taken.count - count)
        count = 0
        return taken
    }

    /// Forgets what was written and keeps the memory.
    package mutating func removeAll() { count = 0 }

    /// Makes room for this many bytes more.
    package mutating func reserve(_ size: Int) {
        let needed = count + size
        guard needed > storage.count else { return }
        let missing = max(needed, storage.count * 2, 64) - storage.count
        storage.append(contentsOf: repeatElement(0, count: missing))
    }

    /// Appends one byte.
    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        if count == storage.count { reserve(1) }
        storage[count] = byte
        count &+= 1
    }

    /// Appends bytes.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        if storage.count &- count < bytes.count { reserve(bytes.count) }
        storage.withUnsafeMutableBytes { storage in
            guard let target = storage.baseAddress, bytes.count <= storage.count &- count else { return }
            (target + count).copyMemory(from: source, byteCount: bytes.count)
        }
        count &+= bytes.count
    }

    /// Appends bytes in quotes, with another byte in front and one behind where they are given.
    package mutating func append(
        quoted bytes: UnsafeRawBufferPointer, after prefix: UInt8? = nil, suffix: UInt8? = nil
    ) {
        if storage.count &- count < bytes.count &+ 4 { reserve(bytes.count + 4) }
        let start = count
        count = storage.withUnsafeMutableBytes { storage in
            var space = ByteSpace(storage, from: start)
            space.put(quoted: bytes, after: prefix, suffix: suffix)
            return space.end
        }
    }

    /// Appends bytes.
    package mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    /// Appends the bytes of a literal.
    @inline(__always)
    package mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(UnsafeRawBufferPointer($0)) }
    }

    /// Overwrites a byte that was written before.
    package mutating func replace(at index: Int, with byte: UInt8) {
        guard index < count else { return }
        storage[index] = byte
    }

    /// Puts bytes in front of those from an index on.
    package mutating func insert(_ bytes: [UInt8], at index: Int) {
        guard index <= count else { return }
        storage.replaceSubrange(count..., with: [])
        storage.insert(contentsOf: bytes, at: index)
        count += bytes.count
    }

    /// Lets several pieces be written with one check of the room.
    ///
    /// - Parameters:
    ///   - size: The most bytes that the pieces have together; more are left out.
    ///   - pieces: Writes them.
    @inline(__always)
    package mutating func fill(atMost size: Int, _ pieces: (inout ByteSpace) -> Void) {
        if storage.count &- count < size { reserve(size) }
        let start = count
        count = storage.withUnsafeMutableBytes { storage in
            var space = ByteSpace(storage, from: start)
            pieces(&space)
            return space.end
        }
    }

    /// Reads what was written.
    @inlinable
    @inline(__always)
    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(start: $0.baseAddress, count: count)) }
    }
}

extension ByteSink: Hashable {
    /// Compares what was written.
    package static func == (left: ByteSink, right: ByteSink) -> Bool {
        left.storage[..<left.count] == right.storage[..<right.count]
    }

    /// Hashes what was written.
    package func hash(into hasher: inout Hasher) { withUnsafeBytes { hasher.combine(bytes: $0) } }
}

/// Room in a sink, filled from the front; what does not fit is left out.
package struct ByteSpace: ~Copyable {
    private let space: UnsafeMutableRawBufferPointer
    /// Where the next byte goes.
    package private(set) var end: Int

    @inline(__always)
    fileprivate init(_ space: UnsafeMutableRawBufferPointer, from start: Int) { (self.space, end) = (space, start) }

    /// Writes one byte.
    @inline(__always)
    package mutating func put(_ byte: UInt8) {
        guard end < space.count else { return }
        space[end] = byte
        end &+= 1
    }

    /// Writes bytes.
    @inline(__always)
    package mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= space.count &- end, let source = bytes.baseAddress, let target = space.baseAddress else {
            return
        }
        (target + end).copyMemory(from: source, byteCount: bytes.count)
        end &+= bytes.count
    }

    /// Writes the bytes of a literal.
    @inline(__always)
    package mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Lets somebody else write.
    ///
    /// - Parameters:
    ///   - size: The most bytes to be written; nothing is written where there is no room for them.
    ///   - write: Writes into the room and returns how many bytes it wrote.
    @inline(__always)
    package mutating func put(atMost size: Int, _ write: (UnsafeMutableRawBufferPointer) -> Int) {
        guard size <= space.count &- end else { return }
        end &+= min(size, write(UnsafeMutableRawBufferPointer(rebasing: space[end..<end + size])))
    }

    /// Writes bytes in quotes, with another byte in front and one behind where they are given.
    @inline(__always)
    package mutating func put(quoted bytes: UnsafeRawBufferPointer, after prefix: UInt8? = nil, suffix: UInt8? = nil) {
        guard bytes.count <= space.count &- end &- 4, let target = space.baseAddress else { return }
        var place = target + end
        if let prefix {
            place.storeBytes(of: prefix, as: UInt8.self)
            place += 1
        }
        place.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        place += 1
        if let source = bytes.baseAddress { place.copyMemory(from: source, byteCount: bytes.count) }
        place += bytes.count
        place.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        place += 1
        if let suffix {
            place.storeBytes(of: suffix, as: UInt8.self)
            place += 1
        }
        end = place - target
    }

    /// Writes an integer of 32 bits, little endian.
    @inline(__always)
    package mutating func put(littleEndian value: UInt32) {
        withUnsafeBytes(of: value.littleEndian) { put($0) }
    }

    /// Writes a base-128 varint, as protobuf has it.
    @inline(__always)
    package mutating func put(varint value: Int) {
        var rest = UInt64(truncatingIfNeeded: value)
        while rest >= 0x80 {
            put(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        put(UInt8(truncatingIfNeeded: rest))
    }
}
