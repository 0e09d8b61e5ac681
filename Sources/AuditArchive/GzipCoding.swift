// SPDX-License-Identifier: Apache-2.0

import CZlib

/// The content coding `gzip` of whole objects (RFC 9110, section 8.4.1.3).
enum GzipCoding {
    /// 32 KiB window, and the gzip wrapper rather than zlib's.
    private static let windowBits: Int32 = 15 + 16
    private static let structureBytes = Int32(MemoryLayout<z_stream>.size)

    /// One gzip member; `nil` without memory for it, or for more than 1 GiB.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count <= 1 << 30 else { return nil }
        var stream = z_stream()
        guard
            deflateInit2_(
                &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                structureBytes) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let (result, count) = transfer(&stream, bytes, &output) { CZlib.deflate(&$0, Z_FINISH) }
        return result == Z_STREAM_END ? Array(output[..<count]) : nil
    }

    /// What a gzip member holds; `nil` if it is none, something follows it, or it holds more than `limit` bytes.
    static func decompress(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        var stream = z_stream()
        guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, structureBytes) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: max(0, limit) + 1)
        let (result, count) = transfer(&stream, bytes, &output) { CZlib.inflate(&$0, Z_FINISH) }
        guard result == Z_STREAM_END, stream.avail_in == 0, count <= limit else { return nil }
        return Array(output[..<count])
    }

    private static func transfer(
        _ stream: inout z_stream, _ input: [UInt8], _ output: inout [UInt8], _ work: (inout z_stream) -> Int32
    ) -> (result: Int32, count: Int) {
        output.withUnsafeMutableBufferPointer { space in
            input.withUnsafeBufferPointer { bytes in
                // zlib does not write through its input pointer; its declaration only lacks the const.
                stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                stream.avail_in = UInt32(clamping: bytes.count)
                stream.next_out = space.baseAddress
                stream.avail_out = UInt32(clamping: space.count)
                let result = work(&stream)
                return (result, space.count - Int(stream.avail_out))
            }
        }
    }
}
