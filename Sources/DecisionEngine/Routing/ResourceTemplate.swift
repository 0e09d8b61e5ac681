// SPDX-License-Identifier: Apache-2.0

/// An entity named by a path: `Order::"{id}"`.
package struct ResourceTemplate: Sendable, Hashable {
    package enum Part: Sendable, Hashable {
        case text(String)
        case parameter(String)
    }

    package struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// The template as written.
    package let text: String
    /// The entity type, such as `Order` or `Shop::Order`.
    package let type: String
    package let parts: [Part]

    /// Reads a template and checks that the path has every parameter that it names.
    package init(_ text: String, parameters: [String]) throws(Problem) {
        guard let mark = text.firstRange(of: "::\""), text.hasSuffix("\""), text.utf8.count > 4 else {
            throw Problem(description: "must look like `Order::\"{id}\"`, got `\(text)`")
        }
        let type = String(text[..<mark.lowerBound])
        guard type.split(separator: "::", omittingEmptySubsequences: false).allSatisfy(Self.isIdentifier) else {
            throw Problem(description: "`\(type)` is no entity type; it looks like `Order` or `Shop::Order`")
        }
        var parts: [Part] = []
        var rest = text[mark.upperBound...].dropLast()
        guard !rest.contains("\""), !rest.contains("\\") else {
            throw Problem(description: "the entity id must not contain quotes or backslashes, got `\(text)`")
        }
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw Problem(description: "`{` without `}` in `\(text)`")
            }
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            let name = String(rest[rest.index(after: open)..<close])
            guard parameters.contains(name) else {
                let known = parameters.map { "`{\($0)}`" }.joined(separator: ", ")
                throw Problem(
                    description: "`{\(name)}` is not a parameter of the path; it has \(known.isEmpty ? "none" : known)"
                )
            }
            parts.append(.parameter(name))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.text = text
        self.type = type
        self.parts = parts
    }

    /// The entity id for a request, or `nil` if a parameter is missing (a route asked for by name).
    package func id(_ parameters: [(name: String, value: String)]) -> String? {
        var id = ""
        for part in parts {
            switch part {
            case .text(let text): id += text
            case .parameter(let name):
                guard let value = parameters.first(where: { $0.name == name })?.value else { return nil }
                id += value
            }
        }
        return id
    }

    private static func isIdentifier(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39 ~= first) else { return false }
        return text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 | 0x20 || $0 == UInt8(ascii: "_") }
    }
}
