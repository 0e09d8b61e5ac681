// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not acceptable JSON, and where.
public struct JSONError: Error, Sendable, Hashable {
    /// What was wrong.
    public enum Problem: Sendable, Hashable {
        /// A member name stands twice in one object.
        case duplicateKey(String)
        /// Arrays and objects are nested deeper than the limit.
        case tooDeep(limit: Int)
        /// The text is longer than the limit, in bytes.
        case tooLarge(limit: Int)
        /// The bytes are not UTF-8 (surrogates and overlong forms included).
        case invalidUTF8
        /// A string holds a raw control character (below U+0020).
        case controlCharacter
        /// An escape that RFC 8259 does not know, or half of a surrogate pair.
        case invalidEscape
        /// A number that RFC 8259 does not allow, such as `01`, `1.` or `NaN`.
        case invalidNumber
        /// The text ended too early.
        case unexpectedEnd
        /// Something else was expected here.
        case unexpected(expected: String)
        /// Bytes after the value.
        case trailingBytes
    }

    /// What was wrong.
    public let problem: Problem
    /// Where, in bytes from the start.
    public let offset: Int
    /// The line, from 1.
    public let line: Int
    /// The column in bytes, from 1.
    public let column: Int

    init(_ problem: Problem, at offset: Int, in input: Span<UInt8>) {
        self.problem = problem
        self.offset = offset
        var line = 1
        var lineStart = 0
        var index = 0
        while index < offset, index < input.count {
            if input[index] == UInt8(ascii: "\n") {
                line += 1
                lineStart = index + 1
            }
            index += 1
        }
        self.line = line
        column = offset - lineStart + 1
    }
}

extension JSONError: CustomStringConvertible {
    /// The position and the problem in words, without quoting the text (it may be secret); names of members apart.
    public var description: String { "\(line):\(column): \(problem)" }
}

extension JSONError.Problem: CustomStringConvertible {
    /// The problem in words.
    public var description: String {
        switch self {
        case .duplicateKey(let key): "member name `\(key)` stands twice in one object"
        case .tooDeep(let limit): "nested deeper than \(limit) levels"
        case .tooLarge(let limit): "longer than \(limit) bytes"
        case .invalidUTF8: "not valid UTF-8"
        case .controlCharacter: "control character inside a string; write it as an escape"
        case .invalidEscape: "not an escape that JSON knows"
        case .invalidNumber: "not a number that JSON knows"
        case .unexpectedEnd: "the text ends too early"
        case .unexpected(let expected): "expected \(expected)"
        case .trailingBytes: "something follows the value"
        }
    }
}
