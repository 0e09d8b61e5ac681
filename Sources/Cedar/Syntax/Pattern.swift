// SPDX-License-Identifier: Apache-2.0

/// The right side of `like`: code points and wildcards.
struct Pattern: Sendable, Hashable {
    enum Element: Sendable, Hashable {
        /// Any sequence of code points, the empty one included.
        case wildcard
        case scalar(Unicode.Scalar)
    }

    let elements: [Element]
    /// The text pieces between wildcards in UTF-8; one more than there are wildcards.
    let pieces: [[UInt8]]

    init(_ elements: [Element]) {
        self.elements = elements
        var pieces: [[UInt8]] = [[]]
        for element in elements {
            switch element {
            case .wildcard: pieces.append([])
            case .scalar(let scalar):
                pieces[pieces.count - 1].append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
            }
        }
        self.pieces = pieces
    }

    /// Whether the whole text matches.
    ///
    /// Works on UTF-8 bytes: a piece of whole code points can only be found at code point boundaries.
    func matches(_ text: String) -> Bool {
        var copy = text
        return copy.withUTF8 { matches($0) }
    }

    private func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard pieces.count > 1, let first = pieces.first, let last = pieces.last else {
            return pieces.first.map { bytes.count == $0.count && Self.has($0, at: 0, in: bytes) } ?? bytes.isEmpty
        }
        guard bytes.count >= first.count + last.count, Self.has(first, at: 0, in: bytes),
            Self.has(last, at: bytes.count - last.count, in: bytes)
        else { return false }
        var position = first.count
        let end = bytes.count - last.count
        for index in 1..<(pieces.count - 1) where !pieces[index].isEmpty {
            guard let found = Self.find(pieces[index], from: position, to: end, in: bytes) else { return false }
            position = found + pieces[index].count
        }
        return true
    }

    private static func has(_ piece: [UInt8], at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in piece.indices where bytes[offset + index] != piece[index] { return false }
        return true
    }

    private static func find(
        _ piece: [UInt8], from start: Int, to end: Int, in bytes: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        var offset = start
        while offset + piece.count <= end {
            if has(piece, at: offset, in: bytes) { return offset }
            offset += 1
        }
        return nil
    }
}
