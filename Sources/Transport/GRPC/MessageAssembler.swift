// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Cuts the DATA of one stream into length-prefixed messages.
struct MessageAssembler {
    struct Message {
        let bytes: ByteBuffer
        let isCompressed: Bool
    }

    private static let prefixLength = 5
    private static let firstAllocation = 64 << 10

    private var prefix: (flag: UInt8, length: UInt32) = (0, 0)
    private var prefixCount = 0
    private var body: ByteBuffer?
    private var missing = 0

    /// Bytes held for a message that is not complete.
    private(set) var heldBytes = 0

    /// Whether a message has begun and not ended.
    var isInsideMessage: Bool { prefixCount > 0 }

    /// Takes bytes off the front of `input`; returns a message as soon as one is complete, `nil` when all is taken.
    mutating func next(_ input: inout UnsafeRawBufferPointer, limit: Int) throws(GRPCStatus) -> Message? {
        while prefixCount < Self.prefixLength {
            guard let byte = input.first else { return nil }
            input = UnsafeRawBufferPointer(rebasing: input.dropFirst())
            if prefixCount == 0 {
                prefix = (byte, 0)
            } else {
                prefix.length = prefix.length << 8 | UInt32(byte)
            }
            prefixCount += 1
            if prefixCount == Self.prefixLength { try checkPrefix(limit: limit) }
        }
        let taken = UnsafeRawBufferPointer(rebasing: input.prefix(missing))
        input = UnsafeRawBufferPointer(rebasing: input.dropFirst(taken.count))
        // The claimed length is no reason to allocate: room is made for what has come.
        var bytes =
            body
            ?? ByteBufferAllocator().buffer(
                capacity: taken.count == missing ? missing : min(missing, Self.firstAllocation))
        body = nil
        bytes.writeBytes(taken)
        missing -= taken.count
        heldBytes = bytes.readableBytes
        guard missing == 0 else {
            body = bytes
            return nil
        }
        prefixCount = 0
        heldBytes = 0
        return Message(bytes: bytes, isCompressed: prefix.flag == 1)
    }

    private mutating func checkPrefix(limit: Int) throws(GRPCStatus) {
        guard prefix.flag <= 1 else {
            throw GRPCStatus(.internalError, "message begins with flag \(prefix.flag); 0 or 1 would be accepted")
        }
        guard Int(prefix.length) <= limit else {
            throw GRPCStatus(
                .resourceExhausted, "message of \(prefix.length) bytes is larger than the limit of \(limit)")
        }
        missing = Int(prefix.length)
    }
}
