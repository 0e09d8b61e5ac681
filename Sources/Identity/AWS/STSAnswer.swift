// SPDX-License-Identifier: Apache-2.0

/// An answer of STS, read strictly: elements and text, no declarations but the first, no comments, no entities but the five
/// that XML itself has.
struct STSAnswer: Sendable {
    private static let maximumDepth = 8

    /// The text of every element without elements inside, by the names that lead to it.
    private let values: [(path: String, text: String)]

    /// Reads an answer, the length of which is the caller's to bound; `nil` if it is anything else.
    init?(_ bytes: [UInt8]) {
        guard let values = Self.texts(bytes) else { return nil }
        self.values = values
    }

    /// The text of the one element at a path; `nil` if there is none, several, or no text in it.
    func only(_ path: String) -> String? {
        let found = values.filter { $0.path == path }
        return found.count == 1 && !found[0].text.isEmpty ? found[0].text : nil
    }

    /// Every element without elements inside, by its path.
    private static func texts(_ bytes: [UInt8]) -> [(path: String, text: String)]? {
        var reader = Reader(bytes: bytes)
        reader.skipSpaces()
        if reader.take("<?xml") {
            guard reader.skip(through: "?>") else { return nil }
        }
        var open: [(name: String, text: [UInt8], hasElements: Bool)] = []
        var found: [(path: String, text: String)] = []
        reader.skipSpaces()
        repeat {
            guard let byte = reader.peek else { return nil }
            guard byte == UInt8(ascii: "<") else {
                guard !open.isEmpty, let character = reader.character() else { return nil }
                open[open.count - 1].text += character
                continue
            }
            if reader.take("</") {
                guard let name = reader.name(), reader.endTag(), let element = open.popLast(), element.name == name
                else {
                    return nil
                }
                if !element.hasElements {
                    guard let text = String(validating: element.text, as: UTF8.self) else { return nil }
                    found.append(((open.map(\.name) + [name]).joined(separator: "/"), text))
                }
                continue
            }
            guard reader.take("<"), let name = reader.name(), open.count < maximumDepth,
                let isEmpty = reader.attributes()
            else { return nil }
            if let last = open.indices.last { open[last].hasElements = true }
            if isEmpty {
                guard !open.isEmpty else { return nil }
            } else {
                open.append((name, [], false))
            }
        } while !open.isEmpty
        reader.skipSpaces()
        return reader.peek == nil ? found : nil
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

        mutating func take(_ text: String) -> Bool {
            guard bytes[position...].starts(with: text.utf8) else { return false }
            position += text.utf8.count
            return true
        }

        mutating func skipSpaces() { while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 } }

        mutating func skip(through text: String) -> Bool {
            while position < bytes.count {
                if take(text) { return true }
                position += 1
            }
            return false
        }

        /// Letters, digits and the few other characters of the names that STS uses.
        mutating func name() -> String? {
            let start = position
            while let byte = peek, Self.isNameByte(byte) { position += 1 }
            return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
        }

        private static func isNameByte(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }

        mutating func endTag() -> Bool {
            skipSpaces()
            return take(">")
        }

        /// Skips attributes; returns whether the element is empty (`/>`), or `nil` if it does not end.
        mutating func attributes() -> Bool? {
            while true {
                skipSpaces()
                if take("/>") { return true }
                if take(">") { return false }
                guard name() != nil, take("="), let quote = peek, quote == 0x22 || quote == 0x27 else { return nil }
                position += 1
                while let byte = peek, byte != quote {
                    guard byte != UInt8(ascii: "<") else { return nil }
                    position += 1
                }
                guard peek == quote else { return nil }
                position += 1
            }
        }

        /// One byte of text, or what an entity stands for.
        mutating func character() -> [UInt8]? {
            guard let byte = peek else { return nil }
            guard byte == UInt8(ascii: "&") else {
                guard byte >= 0x20 || [0x09, 0x0A, 0x0D].contains(byte) else { return nil }
                position += 1
                return [byte]
            }
            for (entity, value) in [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'")]
            where take(entity) { return Array(value.utf8) }
            return nil
        }
    }
}
