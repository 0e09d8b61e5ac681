// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// Finds where in a JSON text the value at a path begins; the text is known to be well formed.
struct JSONLocator {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The offset of the value, or of the deepest value on the way that exists.
    func offset(of path: [JSONStep]) -> Int {
        var position = skippingSpace(from: 0)
        for step in path {
            guard let next = child(step, of: position) else { break }
            position = next
        }
        return min(position, bytes.count)
    }

    private func child(_ step: JSONStep, of start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        var position = skippingSpace(from: start + 1)
        var index = 0
        while position < bytes.count, bytes[position] != UInt8(ascii: "}"), bytes[position] != UInt8(ascii: "]") {
            if bytes[position] == UInt8(ascii: ",") {
                position = skippingSpace(from: position + 1)
                continue
            }
            switch step {
            case .index(let wanted):
                guard bytes[start] == UInt8(ascii: "[") else { return nil }
                if index == wanted { return position }
            case .key(let wanted):
                guard bytes[start] == UInt8(ascii: "{") else { return nil }
                let end = skippingValue(from: position)
                let key = try? JSONValue.parse(Array(bytes[position..<min(end, bytes.count)])).stringValue
                position = skippingSpace(from: skippingSpace(from: end) + 1)
                if key?.hasSameBytes(as: wanted) ?? false { return position }
            }
            index += 1
            position = skippingSpace(from: skippingValue(from: position))
        }
        return nil
    }

    private func skippingSpace(from start: Int) -> Int {
        var position = start
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
        return position
    }

    private func skippingValue(from start: Int) -> Int {
        var (position, depth) = (start, 0)
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                    position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                if depth == 0 { return position + 1 }
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth <= 1 { return depth == 1 ? position + 1 : position }
                depth -= 1
            case UInt8(ascii: ","):
                if depth == 0 { return position }
            default: break
            }
            position += 1
        }
        return position
    }
}
