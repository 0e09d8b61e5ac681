// SPDX-License-Identifier: Apache-2.0

/// Turns byte offsets of one text into lines and columns.
final class LineTable: Sendable {
    let file: String
    private let bytes: [UInt8]
    private let lineStarts: [Int]

    init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
        var starts = [0]
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(index + 1) }
        lineStarts = starts
    }

    /// A table for policies that do not come from a text.
    static let none = LineTable(file: "", bytes: [])

    func location(at offset: Int) -> SourceLocation {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        let end = min(max(offset, lineStarts[low]), bytes.count)
        let column = bytes[lineStarts[low]..<end].count { $0 & 0xC0 != 0x80 }
        return SourceLocation(file: file, line: low + 1, column: column + 1, offset: offset)
    }
}
