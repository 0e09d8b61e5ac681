// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Decompression of a whole gzip file, several members in a row included; the only file here that calls zlib.
enum Gunzip {
    /// Why a gzip file could not be decompressed.
    enum Problem: Error, Sendable, Hashable {
        case notGzip
        case truncated
        case tooLarge(limit: Int)
    }

    private static let chunk = 1 << 18
    /// 32 KiB window, and the gzip wrapper rather than zlib's.
    private static let windowBits: Int32 = 15 + 16

    /// Stops as soon as the output would pass `limit`.
    static func inflate(_ input: [UInt8], limit: Int) throws(Problem) -> [UInt8] {
        var output: [UInt8] = []
        var offset = 0
        repeat {
            offset += try inflateMember(input[offset...], into: &output, limit: limit)
        } while offset < input.count
        return output
    }

    /// Decompresses one member and returns how many bytes it took.
    private static func inflateMember(
        _ input: ArraySlice<UInt8>, into output: inout [UInt8], limit: Int
    ) throws(Problem) -> Int {
        var stream = z_stream()
        guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .notGzip
        }
        defer { inflateEnd(&stream) }
        var space = [UInt8](repeating: 0, count: chunk)
        var (result, taken, fits) = (Z_OK, 0, true)
        while result == Z_OK, fits {
            let piece = input.dropFirst(taken).prefix(1 << 24)
            guard !piece.isEmpty else { throw .truncated }
            // zlib does not write through its input pointer; its declaration only lacks the const.
            piece.withUnsafeBufferPointer { bytes in
                stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                stream.avail_in = UInt32(bytes.count)
                while result == Z_OK, fits {
                    let produced = space.withUnsafeMutableBufferPointer { buffer in
                        stream.next_out = buffer.baseAddress
                        stream.avail_out = UInt32(buffer.count)
                        result = CZlib.inflate(&stream, Z_NO_FLUSH)
                        return buffer.count - Int(stream.avail_out)
                    }
                    output.append(contentsOf: space[..<produced])
                    fits = output.count <= limit
                    if stream.avail_in == 0, produced < chunk { break }
                }
                taken += bytes.count - Int(stream.avail_in)
            }
            // Everything was taken and more is wanted: that is no error while input is left.
            if result == Z_BUF_ERROR, taken < input.count { result = Z_OK }
        }
        guard fits else { throw .tooLarge(limit: limit) }
        guard result == Z_STREAM_END else { throw result == Z_BUF_ERROR ? .truncated : .notGzip }
        return taken
    }
}
