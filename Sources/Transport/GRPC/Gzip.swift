// SPDX-License-Identifier: Apache-2.0

import CZlib
import NIOCore

/// Bounded decompression of one message; the only file that calls zlib.
enum Gzip {
    private static let chunk = 64 << 10
    /// 32 KiB window, and the gzip wrapper rather than zlib's.
    private static let windowBits: Int32 = 15 + 16

    /// Stops as soon as the output would pass `limit`, so a bomb costs one chunk more than the limit.
    static func inflate(_ message: ByteBuffer, limit: Int) throws(GRPCStatus) -> ByteBuffer {
        var stream = z_stream()
        guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw GRPCStatus(.resourceExhausted, "no memory to decompress the message")
        }
        defer { inflateEnd(&stream) }
        var output = ByteBuffer()
        // zlib does not write through its input pointer; its declaration only lacks the const.
        let result = message.withUnsafeReadableBytes { input in
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(clamping: input.count)
            return inflateAll(&stream, into: &output, limit: limit)
        }
        guard output.readableBytes <= limit else {
            throw GRPCStatus(.resourceExhausted, "message is larger than the limit of \(limit) bytes when decompressed")
        }
        guard result == Z_STREAM_END, stream.avail_in == 0 else {
            throw GRPCStatus(.internalError, "message is not valid gzip")
        }
        return output
    }

    private static func inflateAll(_ stream: inout z_stream, into output: inout ByteBuffer, limit: Int) -> Int32 {
        var result = Z_OK
        while result == Z_OK, output.readableBytes <= limit {
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: chunk) { space in
                let room = min(space.count, chunk)
                stream.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(clamping: room)
                result = CZlib.inflate(&stream, Z_NO_FLUSH)
                return room - Int(stream.avail_out)
            }
        }
        stream.next_out = nil
        return result
    }

    /// Compresses one message, for the client's side.
    static func deflate(_ message: ByteBuffer) -> ByteBuffer? {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        guard
            deflateInit2_(
                &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
                == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var output = ByteBuffer()
        let bound = Int(deflateBound(&stream, UInt(message.readableBytes)))
        let result = message.withUnsafeReadableBytes { input in
            var result = Z_OK
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { space in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
                stream.avail_in = UInt32(clamping: input.count)
                stream.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(clamping: space.count)
                result = CZlib.deflate(&stream, Z_FINISH)
                return space.count - Int(stream.avail_out)
            }
            return result
        }
        return result == Z_STREAM_END ? output : nil
    }
}
