// SPDX-License-Identifier: Apache-2.0

/// One value of a ``JSONDocument``.
public struct JSONNode: Sendable {
    /// The kinds of JSON values, by the names that messages give them.
    public enum Kind: String, Sendable, Hashable {
        /// `null`.
        case null
        /// `true` or `false`.
        case boolean
        /// A number.
        case number
        /// A string.
        case string
        /// An array.
        case array
        /// An object.
        case object
    }

    let document: JSONDocument
    let index: Int

    private var entry: JSONDocument.Entry { document.entries[index] }

    /// The kind of the value.
    public var kind: Kind { entry.kind }
    /// Where the value begins, in bytes from the start of the text.
    public var offset: Int { Int(entry.start) }
    /// Where the value begins: file, line and column.
    public var location: SourceLocation { document.lines.location(at: offset) }
    /// Whether the value is `null`.
    public var isNull: Bool { entry.kind == .null }

    /// The Boolean; `nil` for any other kind of value.
    public var boolValue: Bool? {
        entry.kind == .boolean ? document.bytes[Int(entry.start)] == UInt8(ascii: "t") : nil
    }

    /// The string; `nil` for any other kind of value.
    public var stringValue: String? { entry.kind == .string ? entry.text(in: document.bytes) : nil }

    /// Whether the value is this string, compared byte for byte.
    public func isString(_ text: String) -> Bool { entry.kind == .string && entry.says(text, in: document.bytes) }

    /// The number, if it is an integer of 64 bits in plain notation: no fraction, no exponent, not `-0`.
    public var int64Value: Int64? {
        guard entry.kind == .number else { return nil }
        let isNegative = document.bytes[Int(entry.start)] == UInt8(ascii: "-")
        let digits = document.bytes[(Int(entry.start) + (isNegative ? 1 : 0))..<Int(entry.end)]
        var value: Int64 = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - UInt8(ascii: "0"))
            // Down from zero for negative ones, of which there is one more.
            let (sum, overflowsToo) = product.addingReportingOverflow(isNegative ? -digit : digit)
            guard !overflows, !overflowsToo else { return nil }
            value = sum
        }
        return isNegative && value == 0 ? nil : value
    }

    /// What stands in the text, of long values only the beginning.
    var excerpt: String {
        String(decoding: document.bytes[Int(entry.start)..<min(Int(entry.end), Int(entry.start) + 60)], as: UTF8.self)
    }

    /// The elements; `nil` for any other kind of value.
    public var arrayValue: Elements? { entry.kind == .array ? Elements(array: self) : nil }

    /// The members; `nil` for any other kind of value.
    public var objectValue: Members? { entry.kind == .object ? Members(object: self) : nil }

    /// The value of a member; `nil` if there is none of this name, or the value is no object.
    public subscript(_ name: String) -> JSONNode? { objectValue?[name] }

    /// Whether a number in the value, at any depth, is no integer of 64 bits in plain notation.
    var holdsForeignNumber: Bool {
        (index..<Int(entry.next)).contains { place in
            document.entries[place].kind == .number && JSONNode(document: document, index: place).int64Value == nil
        }
    }

    /// The value that a path leads to, or the last one on the way that there is.
    func following(_ path: [JSONStep]) -> JSONNode {
        var node = self
        for step in path {
            let next: JSONNode? =
                switch step {
                case .key(let name): node[name]
                case .index(let index): node.arrayValue?.element(index)
                }
            guard let next else { return node }
            node = next
        }
        return node
    }
}

/// One step of a path into a JSON value.
enum JSONStep: Sendable, Hashable {
    case key(String)
    case index(Int)
}

extension JSONNode {
    /// Steps over what an array or object holds, from one place to the next.
    private struct Walk {
        let document: JSONDocument
        private var place: Int
        private let end: Int
        private let namesInFront: Int

        init(_ node: JSONNode, namesInFront: Int) {
            (document, place, end) = (node.document, node.index + 1, Int(node.entry.next))
            self.namesInFront = namesInFront
        }

        mutating func next() -> Int? {
            guard place < end else { return nil }
            defer { place = Int(document.entries[place + namesInFront].next) }
            return place
        }
    }

    /// The elements of an array, in the order of the text.
    public struct Elements: Sequence, Sendable {
        private let array: JSONNode

        fileprivate init(array: JSONNode) { self.array = array }

        /// The number of elements.
        public var count: Int { Int(array.entry.count) }
        /// Whether there are none.
        public var isEmpty: Bool { count == 0 }
        /// The number of elements.
        public var underestimatedCount: Int { count }
        /// The first element; `nil` if there is none.
        public var first: JSONNode? { isEmpty ? nil : JSONNode(document: array.document, index: array.index + 1) }

        /// The element of this number, from 0; walks over those in front of it.
        func element(_ number: Int) -> JSONNode? {
            var iterator = makeIterator()
            for _ in 0..<Swift.min(number, count) { _ = iterator.next() }
            return iterator.next()
        }

        /// Begins with the first element.
        public func makeIterator() -> Iterator { Iterator(array) }

        /// Walks over elements.
        public struct Iterator: IteratorProtocol {
            private var walk: Walk

            fileprivate init(_ array: JSONNode) { walk = Walk(array, namesInFront: 0) }

            /// The next element; `nil` behind the last one.
            public mutating func next() -> JSONNode? {
                walk.next().map { JSONNode(document: walk.document, index: $0) }
            }
        }
    }

    /// One member of an object.
    public struct Member: Sendable {
        fileprivate let document: JSONDocument
        fileprivate let index: Int

        /// The name, after unescaping.
        public var key: String { document.entries[index].text(in: document.bytes) }
        /// The value.
        public var value: JSONNode { JSONNode(document: document, index: index + 1) }

        /// Whether this is the name, compared byte for byte.
        public func isNamed(_ name: String) -> Bool { document.entries[index].says(name, in: document.bytes) }
    }

    /// The members of an object, in the order of the text; no name stands twice.
    public struct Members: Sequence, Sendable {
        private let object: JSONNode

        fileprivate init(object: JSONNode) { self.object = object }

        /// The number of members.
        public var count: Int { Int(object.entry.count) }
        /// Whether there are none.
        public var isEmpty: Bool { count == 0 }
        /// The number of members.
        public var underestimatedCount: Int { count }
        /// The first member; `nil` if there is none.
        public var first: Member? { isEmpty ? nil : Member(document: object.document, index: object.index + 1) }

        /// The value of a name, compared byte for byte; looks at one member after the other.
        public subscript(_ name: String) -> JSONNode? { first { $0.isNamed(name) }?.value }

        /// Begins with the first member.
        public func makeIterator() -> Iterator { Iterator(object) }

        /// Walks over members.
        public struct Iterator: IteratorProtocol {
            private var walk: Walk

            fileprivate init(_ object: JSONNode) { walk = Walk(object, namesInFront: 1) }

            /// The next member; `nil` behind the last one.
            public mutating func next() -> Member? {
                walk.next().map { Member(document: walk.document, index: $0) }
            }
        }
    }
}
