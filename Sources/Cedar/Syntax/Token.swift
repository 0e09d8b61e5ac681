// SPDX-License-Identifier: Apache-2.0

/// One token of a policy or schema text.
struct Token: Sendable {
    enum Kind: Sendable, Hashable {
        case identifier, number, string, slot
        case symbol(Symbol)
        case end
    }

    enum Symbol: String, Sendable, Hashable {
        case at = "@"
        case dot = "."
        case comma = ","
        case semicolon = ";"
        case colon = ":"
        case pathSeparator = "::"
        case openParenthesis = "("
        case closeParenthesis = ")"
        case openBrace = "{"
        case closeBrace = "}"
        case openBracket = "["
        case closeBracket = "]"
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case or = "||"
        case and = "&&"
        case plus = "+"
        case minus = "-"
        case star = "*"
        case slash = "/"
        case percent = "%"
        case not = "!"
        case assign = "="
        case question = "?"
    }

    let kind: Kind
    /// Byte offsets in the text.
    let start: Int
    let end: Int
}
