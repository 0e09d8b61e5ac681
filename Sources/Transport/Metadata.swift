// SPDX-License-Identifier: Apache-2.0

/// An ordered list of names and values, as HTTP headers and gRPC metadata are.
///
/// Everything lies in one array, so that a request's headers cost one allocation; strings are made when asked for.
/// Names compare without regard to ASCII case. Values of `-bin` names are left as they were sent (base64).
package struct Metadata: Sendable {
    /// Per entry: length of the name, length of the value (four bytes each, little endian), name, value.
    private var bytes: [UInt8] = []
    package private(set) var count = 0

    package init() {}

    package init(_ entries: KeyValuePairs<String, String>) {
        for (name, value) in entries { append(name, value) }
    }

    package mutating func append(_ name: String, _ value: String) {
        var (name, value) = (name, value)
        name.withUTF8 { name in value.withUTF8 { append(name: .init(name), value: .init($0)) } }
    }

    mutating func reserve(bytes count: Int) {
        bytes.reserveCapacity(count)
    }

    mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        appendLength(name.count)
        appendLength(value.count)
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: value)
        count += 1
    }

    private mutating func appendLength(_ length: Int) {
        let length = UInt32(truncatingIfNeeded: length)
        bytes.append(UInt8(truncatingIfNeeded: length))
        bytes.append(UInt8(truncatingIfNeeded: length >> 8))
        bytes.append(UInt8(truncatingIfNeeded: length >> 16))
        bytes.append(UInt8(truncatingIfNeeded: length >> 24))
    }
}

extension Metadata {
    /// The first value under a name, or `nil`.
    package subscript(_ name: String) -> String? {
        for entry in entries where entry.isNamed(name.utf8, in: bytes) {
            return String(decoding: bytes[entry.value], as: UTF8.self)
        }
        return nil
    }

    /// All values under a name, in the order sent.
    package func values(_ name: String) -> [String] {
        var values: [String] = []
        for entry in entries where entry.isNamed(name.utf8, in: bytes) {
            values.append(String(decoding: bytes[entry.value], as: UTF8.self))
        }
        return values
    }

    /// Whether a name occurs at all.
    package func contains(_ name: String) -> Bool {
        entries.contains { $0.isNamed(name.utf8, in: bytes) }
    }
}

extension Metadata: Sequence {
    package struct Iterator: IteratorProtocol {
        fileprivate let bytes: [UInt8]
        fileprivate var entries: EntryIterator

        package mutating func next() -> (name: String, value: String)? {
            guard let entry = entries.next() else { return nil }
            return (
                String(decoding: bytes[entry.name], as: UTF8.self), String(decoding: bytes[entry.value], as: UTF8.self)
            )
        }
    }

    package func makeIterator() -> Iterator { Iterator(bytes: bytes, entries: EntryIterator(bytes: bytes)) }

    private var entries: IteratorSequence<EntryIterator> { IteratorSequence(EntryIterator(bytes: bytes)) }
}

extension Metadata: Hashable {}

extension Metadata: CustomStringConvertible {
    /// Names only: values may be credentials.
    package var description: String { "[" + map(\.name).joined(separator: ", ") + "]" }
}

private struct Entry {
    let name: Range<Int>
    let value: Range<Int>

    func isNamed(_ wanted: String.UTF8View, in bytes: [UInt8]) -> Bool {
        guard name.count == wanted.count else { return false }
        var position = name.lowerBound
        for byte in wanted {
            guard bytes[position].asciiLowercased == byte.asciiLowercased else { return false }
            position += 1
        }
        return true
    }
}

private struct EntryIterator: IteratorProtocol {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> Entry? {
        guard position + 8 <= bytes.count else { return nil }
        let name = position + 8
        let value = name + length(at: position)
        let end = value + length(at: position + 4)
        position = end
        return Entry(name: name..<value, value: value..<end)
    }

    private func length(at offset: Int) -> Int {
        Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 | Int(bytes[offset + 2]) << 16 | Int(bytes[offset + 3]) << 24
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}
