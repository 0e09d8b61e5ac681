// SPDX-License-Identifier: Apache-2.0

/// One header field of a request or an answer.
public struct HeaderField: Sendable, Hashable {
    /// The name as it was received or is to be sent.
    public let name: String
    /// The value.
    public let value: String

    /// Makes a field.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Whether the field has this name, without regard to the case of ASCII letters.
    public func isNamed(_ lowercased: String) -> Bool { name.equalsIgnoringASCIICase(lowercased) }
}

extension String {
    /// Whether both strings are the same bytes, ASCII letters compared without regard to case.
    public func equalsIgnoringASCIICase(_ other: String) -> Bool {
        let (left, right) = (utf8Span.span, other.utf8Span.span)
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] {
            guard left[index].asciiLowercased == right[index].asciiLowercased else { return false }
        }
        return true
    }

    /// The string with its ASCII capital letters made small; every other character as it is.
    public var asciiLowercased: String {
        guard utf8.contains(where: { $0.asciiLowercased != $0 }) else { return self }
        return String(decoding: utf8.map(\.asciiLowercased), as: UTF8.self)
    }
}

extension UInt8 {
    /// The small letter of an ASCII capital letter, else the byte itself.
    public var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}
