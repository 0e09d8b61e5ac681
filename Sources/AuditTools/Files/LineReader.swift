// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The lines of a file of any size; of a line that is longer than 1 MiB the rest counts as another line.
struct LineReader: ~Copyable {
    private static let maximumLine = 1 << 20

    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(path: String) throws(AuditToolError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: path, problem: "cannot be read (errno \(errno))") }
    }

    deinit { close(descriptor) }

    /// The next line without its end; `nil` behind the last.
    mutating func next() throws(AuditToolError) -> ArraySlice<UInt8>? {
        while true {
            if let end = buffer[start...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                return buffer[start..<end]
            }
            if isAtEnd || buffer.count - start > Self.maximumLine {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return buffer[start...]
            }
            buffer.removeSubrange(..<start)
            start = 0
            try fill()
        }
    }

    private mutating func fill() throws(AuditToolError) {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno != EINTR { throw .file(path: path, problem: "cannot be read (errno \(errno))") }
        if count == 0 { isAtEnd = true }
        if count > 0 { buffer += piece[..<count] }
    }
}
