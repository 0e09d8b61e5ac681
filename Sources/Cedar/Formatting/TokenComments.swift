// SPDX-License-Identifier: Apache-2.0

/// The comments of a text, each kept at a token: behind it on its line, or on lines of its own before it.
struct TokenComments {
    struct Entry {
        /// Comments on lines before the token.
        var leading: [String] = []
        /// The comment on the line on which the token ends.
        var trailing: String?
    }

    private(set) var entries: [Entry]

    /// Finds the comments between tokens; what lies there is white space and comments only.
    init(bytes: [UInt8], tokens: [Token]) {
        entries = Array(repeating: Entry(), count: tokens.count)
        var previousEnd = 0
        for (index, token) in tokens.enumerated() {
            readGap(bytes[previousEnd..<token.start], before: index)
            previousEnd = token.end
        }
    }

    private mutating func readGap(_ gap: ArraySlice<UInt8>, before index: Int) {
        var (position, isNewLine) = (gap.startIndex, index == 0)
        while position < gap.endIndex {
            let byte = gap[position]
            if byte == UInt8(ascii: "/") {
                let end = gap[position...].firstIndex(where: Self.endsLine) ?? gap.endIndex
                let text = Self.text(gap[position..<end])
                if isNewLine { entries[index].leading.append(text) } else { entries[index - 1].trailing = text }
                position = end
            } else {
                if Self.endsLine(byte) { isNewLine = true }
                position += 1
            }
        }
    }

    private static func endsLine(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        var bytes = bytes
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Moves the comments of a token that will not be written to its neighbours.
    mutating func moveOn(from index: Int) {
        guard entries.indices.contains(index - 1), entries.indices.contains(index + 1) else { return }
        var entry = entries[index]
        entries[index] = Entry()
        if entry.leading.isEmpty, entries[index - 1].trailing == nil {
            entries[index - 1].trailing = entry.trailing
            entry.trailing = nil
        }
        entries[index + 1].leading = entry.leading + (entry.trailing.map { [$0] } ?? []) + entries[index + 1].leading
    }

    /// All comments in order.
    var texts: [String] { entries.flatMap { $0.leading + ($0.trailing.map { [$0] } ?? []) } }
}
