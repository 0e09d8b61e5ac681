// SPDX-License-Identifier: Apache-2.0

/// The name of an entity type, such as `User` or `Acme::Orders::Order`.
///
/// Always in normalized form: identifiers joined by `::`, no white space, no reserved word. Names are ASCII.
public struct EntityTypeName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The normalized name.
    public let text: String

    /// Checks and takes a normalized name.
    ///
    /// Returns `nil` if a component is not an identifier, is a reserved word, or is `__cedar`.
    public init?(_ text: String) {
        guard Identifier.isPath(text) else { return nil }
        self.text = text
    }

    /// Takes a name that is known to be normalized.
    init(normalized text: String) { self.text = text }

    /// The last component: `Order` of `Acme::Orders::Order`.
    public var basename: String {
        var start = text.utf8.startIndex
        var index = start
        while index < text.utf8.endIndex {
            let next = text.utf8.index(after: index)
            if text.utf8[index] == UInt8(ascii: ":") { start = next }
            index = next
        }
        return String(text[start...])
    }

    /// Everything before the last component, without the joining `::`; empty when there is no namespace.
    public var namespace: String {
        let base = basename
        guard base.utf8.count + 2 <= text.utf8.count else { return "" }
        return String(text.dropLast(base.utf8.count + 2))
    }

    /// Whether the last component is exactly `Action`.
    public var isAction: Bool { basename.hasSameBytes(as: "Action") }

    /// The normalized name.
    public var description: String { text }

    /// Compares the UTF-8 bytes.
    public static func == (left: Self, right: Self) -> Bool { left.text.hasSameBytes(as: right.text) }
    /// Orders by UTF-8 bytes.
    public static func < (left: Self, right: Self) -> Bool { left.text.bytesPrecede(right.text) }
    /// Hashes the UTF-8 bytes.
    public func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}

/// The rules for identifiers that policies, schemas and JSON data share.
enum Identifier {
    /// Words that may not stand as an identifier in names, variables, attributes after a dot or unquoted record keys.
    static let reserved = ["true", "false", "if", "then", "else", "in", "is", "has", "like", "__cedar"]

    static func isStart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: false
        }
    }

    static func isPart(_ byte: UInt8) -> Bool {
        isStart(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Whether the text has the shape of an identifier, reserved or not.
    static func isWellFormed(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, isStart(first) else { return false }
        return text.utf8.allSatisfy(isPart)
    }

    static func isReserved(_ text: String) -> Bool {
        reserved.contains { $0.hasSameBytes(as: text) }
    }

    /// Whether the text is a usable identifier: well formed and not reserved.
    static func isUsable(_ text: String) -> Bool {
        isWellFormed(text) && !isReserved(text)
    }

    /// Whether the text is one or more usable identifiers joined by `::`.
    static func isPath(_ text: String) -> Bool {
        components(text)?.allSatisfy(isUsable) ?? false
    }

    /// Splits at `::`; `nil` if a single colon stands anywhere.
    static func components(_ text: String) -> [String]? {
        var parts: [String] = []
        var current: [UInt8] = []
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            if byte == UInt8(ascii: ":") {
                guard bytes.next() == UInt8(ascii: ":") else { return nil }
                parts.append(String(decoding: current, as: UTF8.self))
                current.removeAll(keepingCapacity: true)
            } else {
                current.append(byte)
            }
        }
        parts.append(String(decoding: current, as: UTF8.self))
        return parts
    }
}
