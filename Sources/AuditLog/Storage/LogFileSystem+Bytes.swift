// SPDX-License-Identifier: Apache-2.0

extension LogFileSystem {
    /// Writes all of some bytes at an offset.
    func write(_ bytes: ArraySlice<UInt8>, to file: File, at offset: UInt64) throws(Failure) {
        try bytes.withUnsafeBufferPointer { buffer throws(Failure) in
            try write(file, UnsafeRawBufferPointer(buffer), offset)
        }
    }

    /// Reads a whole file.
    func readAll(_ file: File, limit: Int) throws(Failure) -> [UInt8] {
        let size = try size(file)
        guard size <= UInt64(limit) else {
            throw .corrupted(file: file.path, offset: UInt64(limit), problem: "it is larger than \(limit) bytes")
        }
        var failure: Failure?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            do throws(Failure) {
                count = try read(
                    file, UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<Int(size)]),
                    0)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads a whole segment; returns how many bytes it has.
    func readAll(_ file: File) throws(Failure) -> (SegmentMemory, Int) {
        let size = try size(file)
        guard size <= 1 << 30 else {
            throw .corrupted(file: file.path, offset: 1 << 30, problem: "it is larger than a segment may be")
        }
        let memory = SegmentMemory(byteCount: Int(size))
        return (memory, try read(file, UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<Int(size)]), 0))
    }
}
