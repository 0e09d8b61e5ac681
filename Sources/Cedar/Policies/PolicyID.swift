// SPDX-License-Identifier: Apache-2.0

/// The id of a policy, a template or a link within one set.
public struct PolicyID: Sendable, Hashable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The id, any string.
    public let text: String

    /// Takes any string.
    public init(_ text: String) { self.text = text }
    /// Takes a literal.
    public init(stringLiteral value: String) { text = value }

    /// The id itself.
    public var description: String { text }

    /// Compares UTF-8 bytes.
    public static func == (left: Self, right: Self) -> Bool { left.text.hasSameBytes(as: right.text) }
    /// Orders by UTF-8 bytes.
    public static func < (left: Self, right: Self) -> Bool { left.text.bytesPrecede(right.text) }
    /// Hashes UTF-8 bytes.
    public func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}
