// SPDX-License-Identifier: Apache-2.0

/// A path with places for parameters: `/orders/{id}/lines`, or `/files/{rest...}` for all that follows.
package struct PathTemplate: Sendable, Hashable {
    package enum Segment: Sendable, Hashable {
        case literal(ByteKey)
        case parameter(String)
        /// One segment or more, up to the end.
        case rest(String)
    }

    package struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// The template as written.
    package let text: String
    package let segments: [Segment]

    /// The names of the parameters, in order.
    package var parameters: [String] {
        segments.compactMap { segment in
            switch segment {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }

    /// Reads a template.
    package init(_ text: String) throws(Problem) {
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw Problem(description: "must start with `/`, got `\(text)`")
        }
        var segments: [Segment] = []
        var names: Set<String> = []
        let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            guard part.first == "{" else {
                guard !part.contains("{"), !part.contains("}") else {
                    throw Problem(description: "a parameter must fill a whole segment, got `\(part)`")
                }
                guard isLast || !part.isEmpty else { throw Problem(description: "must not contain `//`") }
                segments.append(.literal(ByteKey(String(part))))
                continue
            }
            guard part.last == "}" else {
                throw Problem(description: "a parameter must fill a whole segment, got `\(part)`")
            }
            var name = part.dropFirst().dropLast()
            let isRest = name.hasSuffix("...")
            if isRest { name = name.dropLast(3) }
            guard Self.isName(name) else {
                throw Problem(description: "`{\(name)}` is no parameter; names consist of letters, digits and `_`")
            }
            guard names.insert(String(name)).inserted else {
                throw Problem(description: "parameter `{\(name)}` stands twice")
            }
            guard !isRest || isLast else { throw Problem(description: "`{\(name)...}` must be the last segment") }
            segments.append(isRest ? .rest(String(name)) : .parameter(String(name)))
        }
        self.text = text
        self.segments = segments
    }

    private static func isName(_ name: Substring) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39 ~= first) else { return false }
        return name.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 | 0x20 || $0 == UInt8(ascii: "_") }
    }
}

/// A string that is compared and hashed byte for byte, unlike `String` itself.
package struct ByteKey: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ string: String) { description = string }

    package static func == (left: ByteKey, right: ByteKey) -> Bool {
        let (left, right) = (left.description.utf8Span.span, right.description.utf8Span.span)
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        let bytes = description.utf8Span.span
        hasher.combine(bytes.count)
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension PathTemplate {
    /// The template `/`.
    package static let root = PathTemplate(text: "/", segments: [.literal(ByteKey(""))])

    private init(text: String, segments: [Segment]) {
        self.text = text
        self.segments = segments
    }
}
