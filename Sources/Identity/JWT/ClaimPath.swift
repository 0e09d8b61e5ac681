// SPDX-License-Identifier: Apache-2.0
public import StrictJSON

/// Where in a token's claims a value stands.
///
/// Written as the plain name of a claim (`roles`, `https://acme.example/roles`), or, when it begins with a slash, as a
/// JSON pointer into objects (RFC 6901): `/realm_access/roles`.
public struct ClaimPath: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The path as written.
    public let description: String
    private let steps: [String]

    /// Reads a path; any text is one.
    public init(_ text: String) {
        description = text
        guard text.utf8.first == UInt8(ascii: "/") else {
            steps = [text]
            return
        }
        steps = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(Self.unescape)
    }

    /// Reads a path; any text is one.
    public init(stringLiteral value: String) { self.init(value) }

    /// The value, or `nil` if the claims have none there.
    public func value(in claims: JSONObject) -> JSONValue? {
        if steps.count == 1 { return claims[steps[0]] }
        var object = claims
        for (index, step) in steps.enumerated() {
            guard let value = object[step] else { return nil }
            guard index < steps.count - 1 else { return value }
            guard let inner = value.objectValue else { return nil }
            object = inner
        }
        return nil
    }

    /// The claim at the top that the path begins with.
    var topLevelName: String { steps.first ?? "" }

    /// A name as a step of a JSON pointer (RFC 6901, section 3).
    static func escape(_ name: String) -> String {
        var result = ""
        for character in name.unicodeScalars {
            switch character {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func unescape(_ step: Substring) -> String {
        var result = ""
        var escaped = false
        for character in step.unicodeScalars {
            switch (escaped, character) {
            case (true, "1"): result.unicodeScalars.append("/")
            case (true, _): result.unicodeScalars.append("~")
            case (false, "~"): break
            case (false, _): result.unicodeScalars.append(character)
            }
            if escaped, character != "0", character != "1" { result.unicodeScalars.append(character) }
            escaped = !escaped && character == "~"
        }
        if escaped { result.append("~") }
        return result
    }
}
