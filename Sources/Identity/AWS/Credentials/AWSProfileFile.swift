// SPDX-License-Identifier: Apache-2.0

/// The shared credentials or configuration file of AWS: sections of names and values.
struct AWSProfileFile: Sendable {
    private static let maximumLines = 10_000
    private var profiles: [String: [String: String]] = [:]

    /// Reads a file; `nil` if it is not UTF-8, too long, or a line is neither section, setting nor comment.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - prefixed: Whether sections other than `default` are written `[profile NAME]`, as in the configuration file.
    init?(_ bytes: [UInt8], prefixed: Bool) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        guard lines.count <= Self.maximumLines else { return nil }
        var current: String?
        for line in lines {
            let content = Self.trimmed(line)
            guard let first = content.first, first != "#", first != ";" else { continue }
            if first == "[" {
                guard let end = content.firstIndex(of: "]") else { return nil }
                current = Self.name(content[content.index(after: content.startIndex)..<end], prefixed)
                continue
            }
            // What is indented belongs to a nested setting, which nothing here needs.
            if line.first == " " || line.first == "\t" { continue }
            guard let equals = content.firstIndex(of: "=") else { return nil }
            guard let current else { continue }
            let name = Self.trimmed(content[..<equals]).lowercased()
            // Of settings that stand twice the last counts, as in the SDKs.
            profiles[current, default: [:]][name] = String(Self.trimmed(content[content.index(after: equals)...]))
        }
    }

    /// The settings of a profile; `nil` if there is no such profile.
    func settings(of profile: String) -> [String: String]? { profiles[profile] }

    private static func name(_ section: Substring, _ prefixed: Bool) -> String? {
        let text = trimmed(section)
        guard prefixed, text != "default" else { return String(text) }
        guard text.hasPrefix("profile"), let rest = text.dropFirst(7).first, rest == " " || rest == "\t" else {
            return nil
        }
        return String(trimmed(text.dropFirst(7)))
    }

    /// Whether a text can name a profile.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 128 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            && !text.contains("]")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        var rest = text.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}
