// SPDX-License-Identifier: Apache-2.0

/// Writing of string literals.
enum CedarString {
    /// The string between quotes, escaped so that the policy lexer reads the same code points back.
    ///
    /// Invisible and bidirectional characters are escaped too, so that what is printed cannot deceive the reader.
    static func quoted(_ text: String) -> String { "\"" + escaped(text) + "\"" }

    static func escaped(_ text: String, starIsSpecial: Bool = false) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\0": result += "\\0"
            case "*" where starIsSpecial: result += "\\*"
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate,
                    .nonspacingMark, .enclosingMark:
                    result += "\\u{" + String(scalar.value, radix: 16) + "}"
                case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                    .spacingMark, .decimalNumber, .letterNumber, .otherNumber, .connectorPunctuation,
                    .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
                    .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol, .spaceSeparator:
                    result.unicodeScalars.append(scalar)
                @unknown default:
                    result += "\\u{" + String(scalar.value, radix: 16) + "}"
                }
            }
        }
        return result
    }
}
