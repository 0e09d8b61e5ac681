// SPDX-License-Identifier: Apache-2.0

/// Cuts a text into tokens; what cannot be a token is reported and passed over.
struct Lexer {
    private let bytes: [UInt8]
    private var position = 0
    private(set) var tokens: [Token] = []
    /// Problems with their byte offsets.
    private(set) var problems: [(offset: Int, problem: String, expected: String)] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        tokens.reserveCapacity(bytes.count / 4)
    }

    static let maximumProblems = 100

    mutating func run() {
        while position < bytes.count, problems.count < Self.maximumProblems {
            skipSpaceAndComments()
            guard position < bytes.count else { break }
            scanToken()
        }
        tokens.append(Token(kind: .end, start: bytes.count, end: bytes.count))
    }

    private mutating func skipSpaceAndComments() {
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "/"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "/") {
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n"),
                    bytes[position] != UInt8(ascii: "\r")
                { position += 1 }
            } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
                position += 1
            } else if byte >= 0x80, let scalar = scalar(at: position), scalar.properties.isWhitespace {
                position += UTF8.width(scalar)
            } else {
                return
            }
        }
    }

    private mutating func scanToken() {
        let start = position
        let byte = bytes[position]
        if Identifier.isStart(byte) {
            take(while: Identifier.isPart)
            append(.identifier, from: start)
        } else if isDigit(byte) {
            take(while: isDigit)
            append(.number, from: start)
        } else if byte == UInt8(ascii: "\"") {
            scanString()
        } else if byte == UInt8(ascii: "?"), position + 1 < bytes.count, Identifier.isStart(bytes[position + 1]) {
            position += 1
            take(while: Identifier.isPart)
            append(.slot, from: start)
        } else if let symbol = symbol() {
            position += symbol.rawValue.utf8.count
            append(.symbol(symbol), from: start)
        } else {
            let width = scalar(at: position).map { UTF8.width($0) } ?? 1
            let text = String(decoding: bytes[start..<min(bytes.count, start + width)], as: UTF8.self)
            report(start, "`\(CedarString.escaped(text))` cannot stand outside a string", "")
            position += width
        }
    }

    private func symbol() -> Token.Symbol? {
        if position + 1 < bytes.count,
            let pair = Token.Symbol(rawValue: String(decoding: bytes[position...(position + 1)], as: UTF8.self))
        {
            return pair
        }
        return Token.Symbol(rawValue: String(decoding: bytes[position...position], as: UTF8.self))
    }

    private mutating func scanString() {
        let start = position
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                append(.string, from: start)
                return
            case UInt8(ascii: "\\"):
                guard position + 1 < bytes.count, bytes[position + 1] != UInt8(ascii: "\n") else {
                    report(position, "a line cannot be continued inside a string", "an escape such as `\\n`")
                    position += 1
                    continue
                }
                position += 2
            case UInt8(ascii: "\r"):
                report(position, "a bare carriage return inside a string", "`\\r`")
                position += 1
            default:
                position += 1
            }
        }
        report(start, "the string has no end", "`\"`")
    }

    private mutating func take(while condition: (UInt8) -> Bool) {
        while position < bytes.count, condition(bytes[position]) { position += 1 }
    }

    private mutating func append(_ kind: Token.Kind, from start: Int) {
        tokens.append(Token(kind: kind, start: start, end: position))
    }

    private mutating func report(_ offset: Int, _ problem: String, _ expected: String) {
        problems.append((offset, problem, expected))
    }

    private func scalar(at offset: Int) -> Unicode.Scalar? {
        var decoder = UTF8()
        var iterator = bytes[offset..<min(bytes.count, offset + 4)].makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
        return scalar
    }
}
