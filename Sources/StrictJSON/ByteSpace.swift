// SPDX-License-Identifier: Apache-2.0

/// Room at the end of a byte array, filled from the front; what does not fit is left out.
package struct ByteSpace: ~Copyable {
    private let space: UnsafeMutableRawBufferPointer
    fileprivate var end = 0

    fileprivate init(_ space: UnsafeMutableRawBufferPointer) { self.space = space }

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
        text.withUTF8Buffer { put(UnsafeRawBufferPointer($0)) }
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

extension [UInt8] {
    /// Appends several pieces with one check of the capacity, which grows geometrically.
    ///
    /// - Parameters:
    ///   - size: The most bytes that the pieces have together.
    ///   - fill: Writes them.
    @inline(__always)
    package mutating func append(atMost size: Int, _ fill: (inout ByteSpace) -> Void) {
        let needed = count + size
        if capacity < needed { reserveCapacity(Swift.max(needed, capacity * 2)) }
        append(addingCapacity: size) { span in
            span.withUnsafeMutableBufferPointer { buffer, initialized in
                let free = UnsafeMutableRawBufferPointer(buffer)[initialized..<(initialized + size)]
                var space = ByteSpace(UnsafeMutableRawBufferPointer(rebasing: free))
                fill(&space)
                initialized += space.end
            }
        }
    }
}
