// SPDX-License-Identifier: Apache-2.0

extension JSONParser {
    /// A number by the grammar of RFC 8259, section 6.
    mutating func number(_ input: Span<UInt8>) throws(JSONError) -> JSONNumber {
        let start = position
        if peek(input) == UInt8(ascii: "-") { position += 1 }
        guard let first = peek(input), isDigit(first) else { throw JSONError(.invalidNumber, at: start, in: input) }
        position += 1
        if first != UInt8(ascii: "0") { skipDigits(input) }
        if let next = peek(input), isDigit(next) { throw JSONError(.invalidNumber, at: start, in: input) }
        if peek(input) == UInt8(ascii: ".") {
            position += 1
            guard skipDigits(input) > 0 else { throw JSONError(.invalidNumber, at: start, in: input) }
        }
        if let next = peek(input), next | 0x20 == UInt8(ascii: "e") {
            position += 1
            if let sign = peek(input), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            guard skipDigits(input) > 0 else { throw JSONError(.invalidNumber, at: start, in: input) }
        }
        return JSONNumber(validated: text(ofASCII: input.extracting(start..<position)))
    }

    private func peek(_ input: Span<UInt8>) -> UInt8? { position < input.count ? input[position] : nil }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    @discardableResult
    private mutating func skipDigits(_ input: Span<UInt8>) -> Int {
        let start = position
        while let next = peek(input), isDigit(next) { position += 1 }
        return position - start
    }

    private func text(ofASCII bytes: Span<UInt8>) -> String {
        String(copying: UTF8Span(unchecked: bytes, isKnownASCII: true))
    }

    /// A string in quotes, unescaped (RFC 8259, section 7).
    mutating func string(_ input: Span<UInt8>) throws(JSONError) -> String {
        let quote = position
        let start = quote + 1
        let (end, isASCII) = input.withUnsafeBytes { $0.endOfPlainText(from: start) }
        position = end
        guard end < input.count else { throw JSONError(.unexpectedEnd, at: quote, in: input) }
        switch input[end] {
        case UInt8(ascii: "\""): break
        case UInt8(ascii: "\\"): return try escapedString(input, from: start)
        default: throw JSONError(.controlCharacter, at: end, in: input)
        }
        position += 1
        let bytes = input.extracting(start..<end)
        if isASCII { return text(ofASCII: bytes) }
        guard let utf8 = try? UTF8Span(validating: bytes) else { throw JSONError(.invalidUTF8, at: start, in: input) }
        return String(copying: utf8)
    }

    /// The slow path of ``string(_:)``: from the first escape on, bytes are collected.
    private mutating func escapedString(_ input: Span<UInt8>, from start: Int) throws(JSONError) -> String {
        var bytes: [UInt8] = []
        for index in start..<position { bytes.append(input[index]) }
        while position < input.count {
            let byte = input[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let utf8 = try? UTF8Span(validating: bytes.span) else {
                    throw JSONError(.invalidUTF8, at: start, in: input)
                }
                return String(copying: utf8)
            case UInt8(ascii: "\\"): try escape(input, into: &bytes)
            case 0..<0x20: throw JSONError(.controlCharacter, at: position, in: input)
            default:
                bytes.append(byte)
                position += 1
            }
        }
        throw JSONError(.unexpectedEnd, at: input.count, in: input)
    }

    private mutating func escape(_ input: Span<UInt8>, into bytes: inout [UInt8]) throws(JSONError) {
        let start = position
        guard position + 1 < input.count else { throw JSONError(.unexpectedEnd, at: position, in: input) }
        position += 2
        switch input[start + 1] {
        case UInt8(ascii: "\""): bytes.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): bytes.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"):
            guard let scalar = unicodeEscape(input) else { throw JSONError(.invalidEscape, at: start, in: input) }
            bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw JSONError(.invalidEscape, at: start, in: input)
        }
    }

    /// The scalar of `\uXXXX` or of a surrogate pair, read from behind the first `u`; `nil` if it is none.
    private mutating func unicodeEscape(_ input: Span<UInt8>) -> Unicode.Scalar? {
        guard let high = hexadecimal(input) else { return nil }
        guard (0xD800..<0xE000).contains(high) else { return Unicode.Scalar(high) }
        guard high < 0xDC00, position + 1 < input.count, input[position] == UInt8(ascii: "\\"),
            input[position + 1] == UInt8(ascii: "u")
        else { return nil }
        position += 2
        guard let low = hexadecimal(input), (0xDC00..<0xE000).contains(low) else { return nil }
        return Unicode.Scalar(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }

    private mutating func hexadecimal(_ input: Span<UInt8>) -> UInt32? {
        guard input.count - position >= 4 else { return nil }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt32
            switch input[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(input[position] - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt32(input[position] - UInt8(ascii: "a")) + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt32(input[position] - UInt8(ascii: "A")) + 10
            default: return nil
            }
            value = value << 4 | digit
            position += 1
        }
        return value
    }
}

extension UnsafeRawBufferPointer {
    /// Finds the first quotation mark, backslash or control character, eight bytes at a time.
    ///
    /// - Returns: Where it stands, or the end; and whether all before it is ASCII.
    fileprivate func endOfPlainText(from start: Int) -> (end: Int, isASCII: Bool) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        var (offset, seen) = (start, UInt64(0))
        while offset &+ 8 <= count {
            let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // Borrows reach only bytes above one that was found, so that the lowest that is found is right.
            let found =
                (((word &- ones &* 0x20) & ~word) | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash))
                & highs
            if found != 0 {
                let place = found.trailingZeroBitCount
                return (offset &+ place / 8, (seen | word & ~(~0 << UInt64(place & ~7))) & highs == 0)
            }
            seen |= word
            offset &+= 8
        }
        while offset < count {
            let byte = self[offset]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            seen |= UInt64(byte)
            offset &+= 1
        }
        return (offset, seen & highs == 0)
    }
}
