// SPDX-License-Identifier: Apache-2.0

/// Finds where values of a JSON text begin, so that a problem found in the parsed value can name line and column.
///
/// The text is known to be valid JSON; nothing here recurses.
struct JSONOffsets {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The offset of the value that child indices lead to from the outermost value.
    func offset(of path: [Int]) -> Int {
        var offset = skippingSpace(from: 0)
        for index in path {
            guard let child = children(of: offset, atMost: index + 1).last else { return offset }
            offset = child
        }
        return offset
    }

    /// Where the elements or member values of the array or object at an offset begin.
    func children(of offset: Int, atMost limit: Int = .max) -> [Int] {
        guard offset < bytes.count else { return [] }
        let isObject = bytes[offset] == UInt8(ascii: "{")
        guard isObject || bytes[offset] == UInt8(ascii: "[") else { return [] }
        var starts: [Int] = []
        var position = skippingSpace(from: offset + 1)
        while position < bytes.count, starts.count < limit, !isClosing(bytes[position]) {
            if isObject {
                position = skippingSpace(from: end(ofString: position))
                position = skippingSpace(from: position + 1)
            }
            starts.append(position)
            position = skippingSpace(from: end(ofValue: position))
            if position < bytes.count, bytes[position] == UInt8(ascii: ",") {
                position = skippingSpace(from: position + 1)
            }
        }
        return starts
    }

    /// How deeply arrays and objects nest.
    var deepestNesting: Int {
        var (position, depth, deepest) = (0, 0, 0)
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position = end(ofString: position)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            position += 1
        }
        return deepest
    }

    private func isClosing(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") }

    private func skippingSpace(from start: Int) -> Int {
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return position
            }
        }
        return position
    }

    private func end(ofString start: Int) -> Int {
        var position = start + 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return position + 1
    }

    private func end(ofValue start: Int) -> Int {
        var (position, depth) = (start, 0)
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position = end(ofString: position)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { return position }
                depth -= 1
                position += 1
            case UInt8(ascii: ",") where depth == 0:
                return position
            default:
                position += 1
                continue
            }
            if depth == 0 { return position }
        }
        return position
    }
}
