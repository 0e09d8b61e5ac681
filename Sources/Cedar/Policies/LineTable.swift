// SPDX-License-Identifier: Apache-2.0

/// Turns byte offsets of one text into lines and columns.
final class LineTable: Sendable {
    let file: String
    private let bytes: [UInt8]
    private let lineStarts: [Int]
    /// How many scalars begin before each block, so that columns of very long lines are found at once.
    private let scalarsBefore: [Int]

    private static let block = 1024

    init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
        var starts = [0]
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(index + 1) }
        lineStarts = starts
        var counts = [0]
        for start in stride(from: 0, to: bytes.count, by: Self.block) {
            let end = min(start + Self.block, bytes.count)
            counts.append(counts[counts.count - 1] + Self.scalars(in: bytes[start..<end]))
        }
        scalarsBefore = counts
    }

    /// The number of scalars that begin in these bytes.
    private static func scalars(in bytes: ArraySlice<UInt8>) -> Int { bytes.count { $0 & 0xC0 != 0x80 } }

    private func scalars(before offset: Int) -> Int {
        let block = offset / Self.block
        return scalarsBefore[block] + Self.scalars(in: bytes[(block * Self.block)..<offset])
    }

    /// A table for policies that do not come from a text.
    static let none = LineTable(file: "", bytes: [])

    /// Where a text stands next from an offset on; `nil` if it does not.
    func location(of text: String, from offset: Int) -> SourceLocation? {
        let wanted = Array(text.utf8)
        guard !wanted.isEmpty, offset >= 0, bytes.count - wanted.count >= offset else { return nil }
        for start in offset...(bytes.count - wanted.count)
        where bytes[start] == wanted[0] && bytes[start..<(start + wanted.count)].elementsEqual(wanted) {
            return location(at: start)
        }
        return nil
    }

    func location(at offset: Int) -> SourceLocation {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        let end = min(max(offset, lineStarts[low]), bytes.count)
        let column = scalars(before: end) - scalars(before: lineStarts[low])
        return SourceLocation(file: file, line: low + 1, column: column + 1, offset: offset)
    }
}
