// SPDX-License-Identifier: Apache-2.0

/// Reads the inside of a string literal: escapes, and wildcards where a pattern is meant.
struct StringLiteral {
    struct Problem: Error {
        let offset: Int
        let problem: String
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    /// - Parameter token: The literal's bytes, quotes included.
    private init(_ token: ArraySlice<UInt8>) {
        bytes = token.dropFirst().dropLast()
        position = bytes.startIndex
    }

    static func string(_ token: ArraySlice<UInt8>) throws(Problem) -> String {
        if !token.contains(UInt8(ascii: "\\")) {
            return String(decoding: token.dropFirst().dropLast(), as: UTF8.self)
        }
        var reader = StringLiteral(token)
        var scalars = String.UnicodeScalarView()
        while let element = try reader.next(inPattern: false) {
            if case .scalar(let scalar) = element { scalars.append(scalar) }
        }
        return String(scalars)
    }

    static func pattern(_ token: ArraySlice<UInt8>) throws(Problem) -> Pattern {
        var reader = StringLiteral(token)
        var elements: [Pattern.Element] = []
        while let element = try reader.next(inPattern: true) { elements.append(element) }
        return Pattern(elements)
    }

    private mutating func next(inPattern: Bool) throws(Problem) -> Pattern.Element? {
        guard position < bytes.endIndex else { return nil }
        let byte = bytes[position]
        if byte == UInt8(ascii: "\\") {
            let written = position + 1
            let scalar = try escape(inPattern: inPattern)
            // A star written by its number is a wildcard all the same; only `\*` is a literal one.
            return inPattern && scalar == "*" && bytes[written] != UInt8(ascii: "*") ? .wildcard : .scalar(scalar)
        }
        if byte == UInt8(ascii: "*"), inPattern {
            position += 1
            return .wildcard
        }
        var decoder = UTF8()
        var iterator = bytes[position..<min(bytes.endIndex, position + 4)].makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else {
            throw Problem(offset: position, problem: "invalid UTF-8")
        }
        position += UTF8.width(scalar)
        return .scalar(scalar)
    }

    private mutating func escape(inPattern: Bool) throws(Problem) -> Unicode.Scalar {
        let start = position
        position += 1
        guard position < bytes.endIndex else { throw Problem(offset: start, problem: "the escape has no end") }
        let letter = bytes[position]
        position += 1
        switch letter {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "0"): return "\0"
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): return Unicode.Scalar(letter)
        case UInt8(ascii: "*") where inPattern: return "*"
        case UInt8(ascii: "x"): return try hexadecimal(from: start)
        case UInt8(ascii: "u"): return try unicode(from: start)
        default: throw Problem(offset: start, problem: "this escape does not exist")
        }
    }

    private mutating func hexadecimal(from start: Int) throws(Problem) -> Unicode.Scalar {
        guard position + 2 <= bytes.endIndex, let high = Self.digit(bytes[position]),
            let low = Self.digit(bytes[position + 1]), high <= 7
        else { throw Problem(offset: start, problem: "`\\x` wants two hexadecimal digits up to `7F`") }
        position += 2
        return Unicode.Scalar(UInt8(high << 4 | low))
    }

    private mutating func unicode(from start: Int) throws(Problem) -> Unicode.Scalar {
        let problem = Problem(
            offset: start, problem: "`\\u` wants `{`, one to six hexadecimal digits of a code point, `}`")
        guard position < bytes.endIndex, bytes[position] == UInt8(ascii: "{") else { throw problem }
        position += 1
        var (value, count): (UInt32, Int) = (0, 0)
        while position < bytes.endIndex, bytes[position] != UInt8(ascii: "}") {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "_"), count > 0 { continue }
            guard let digit = Self.digit(byte), count < 6 else { throw problem }
            value = value << 4 | digit
            count += 1
        }
        guard position < bytes.endIndex, count > 0, let scalar = Unicode.Scalar(value) else { throw problem }
        position += 1
        return scalar
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }
}
