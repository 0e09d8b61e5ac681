// SPDX-License-Identifier: Apache-2.0

import StrictJSON

/// An ordered list of names and values, as HTTP headers and gRPC metadata are.
///
/// Everything lies in one array, so that a request's headers cost one allocation; strings are made when asked for.
/// Names compare without regard to ASCII case. Values of `-bin` names are left as they were sent (base64).
public struct FieldList: Sendable, Hashable {
    /// Per entry: length of the name, length of the value (four bytes each, little endian), name, value.
    private var sink = ByteSink()
    /// The number of fields.
    public private(set) var count = 0

    private static let prefix = 8

    /// How many bytes names and values take, a name that stands twice counted twice.
    public var byteCount: Int { sink.count }

    /// Makes an empty list.
    public init() {}

    /// Makes a list of fields.
    public init(_ entries: KeyValuePairs<String, String>) {
        for (name, value) in entries { append(name, value) }
    }

    /// Makes room for this many bytes of names and values at once.
    public mutating func reserve(bytes count: Int) { sink.reserve(count) }

    /// Adds a field at the end.
    public mutating func append(_ name: String, _ value: String) {
        let (name, value) = (name.utf8Span.span, value.utf8Span.span)
        name.withUnsafeBytes { name in value.withUnsafeBytes { append(name: name, value: $0) } }
    }

    /// Adds a field at the end, both parts valid UTF-8.
    public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        sink.fill(atMost: Self.prefix + name.count + value.count) { space in
            space.put(littleEndian: UInt32(truncatingIfNeeded: name.count))
            space.put(littleEndian: UInt32(truncatingIfNeeded: value.count))
            space.put(name)
            space.put(value)
        }
        count += 1
    }
}

// MARK: Looking up

extension FieldList {
    /// The first value under a name, or `nil`.
    public subscript(_ name: String) -> String? {
        entry(named: name, from: 0).map { text($0.value) }
    }

    /// The value of the only field of this name; `nil` if there is none or more than one.
    public func single(_ name: String) -> String? {
        guard case .one(let value) = sole(name) else { return nil }
        return value
    }

    /// What stands under a name that should stand once.
    public enum Sole: Sendable, Hashable {
        case none
        /// The value of the only field.
        case one(String)
        case several
    }

    /// The value of the only field of this name.
    public func sole(_ name: String) -> Sole {
        guard let found = entry(named: name, from: 0) else { return .none }
        return entry(named: name, from: found.end) == nil ? .one(text(found.value)) : .several
    }

    /// All values under a name, in the order sent.
    public func values(_ name: String) -> [String] {
        var values: [String] = []
        var position = 0
        while let found = entry(named: name, from: position) {
            values.append(text(found.value))
            position = found.end
        }
        return values
    }

    /// Whether a name occurs at all.
    public func contains(_ name: String) -> Bool { entry(named: name, from: 0) != nil }

    private func text(_ range: Range<Int>) -> String {
        sink.withUnsafeBytes { String(decoding: $0[range], as: UTF8.self) }
    }

    private func entry(named wanted: String, from start: Int) -> Entry? {
        let wanted = wanted.utf8Span.span
        return sink.withUnsafeBytes { bytes in
            wanted.withUnsafeBytes { wanted in
                var position = start
                while let entry = Entry(at: position, in: bytes) {
                    if entry.isNamed(wanted, in: bytes) { return entry }
                    position = entry.end
                }
                return nil
            }
        }
    }
}

extension FieldList: Sequence {
    /// Walks the fields in order.
    public struct Iterator: IteratorProtocol {
        fileprivate let list: FieldList
        fileprivate var position = 0

        /// The next name and value.
        public mutating func next() -> (name: String, value: String)? {
            guard let entry = list.sink.withUnsafeBytes({ Entry(at: position, in: $0) }) else { return nil }
            position = entry.end
            return (list.text(entry.name), list.text(entry.value))
        }
    }

    /// Walks the fields in order.
    public func makeIterator() -> Iterator { Iterator(list: self) }
}

extension FieldList: CustomStringConvertible {
    /// Names only: values may be credentials.
    public var description: String { "[" + map(\.name).joined(separator: ", ") + "]" }
}

/// Where a field lies; offsets were written by ``FieldList`` itself and are checked all the same.
private struct Entry {
    let name: Range<Int>
    let value: Range<Int>

    var end: Int { value.upperBound }

    @inline(__always)
    init?(at position: Int, in bytes: UnsafeRawBufferPointer) {
        guard position + 8 <= bytes.count else { return nil }
        let name = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
        let value = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self)))
        let start = position + 8
        guard start + name + value <= bytes.count else { return nil }
        self.name = start..<start + name
        self.value = start + name..<start + name + value
    }

    @inline(__always)
    func isNamed(_ wanted: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard name.count == wanted.count else { return false }
        for offset in 0..<wanted.count {
            let (left, right) = (bytes[name.lowerBound + offset], wanted[offset])
            guard left == right || left.lowercased == right.lowercased else { return false }
        }
        return true
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}
