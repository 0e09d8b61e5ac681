// SPDX-License-Identifier: Apache-2.0

/// A record that is written as nearly all are, checked in one pass over its bytes.
///
/// Usual is canonical JSON of ASCII without escapes, with whole numbers below 10^15 and few levels, that has all fields of
/// AUDIT, section 4, in their forms. Whatever is not usual is for ``RecordCheck`` to read value by value: this only ever
/// says that a record is in order, never what is wrong with it.
struct UsualRecord {
    /// Where the text of `boot` stands.
    let boot: Range<Int>
    /// The value of `n`, 1 or more.
    let counter: Int64

    /// `nil` for a record that is not usual, in order or not.
    init?(_ leaf: UnsafeRawBufferPointer) {
        guard leaf.count <= AuditRecord.maximumLeafBytes else { return nil }
        var pass = UsualPass(leaf)
        guard pass.run(), pass.hasVersion, pass.counter > 0, let boot = pass.boot, !boot.isEmpty,
            let type = pass.type, !type.isEmpty,
            let time = pass.time, Self.matches(leaf, time, "dddd-dd-ddTdd:dd:dd.ddddddZ"),
            let id = pass.id, Self.matches(leaf, id, "hhhhhhhh-hhhh-7hhh-vhhh-hhhhhhhhhhhh")
        else { return nil }
        if pass.equals(type, "decision") {
            guard let verdict = pass.verdict,
                pass.equals(verdict, "allow") || pass.equals(verdict, "deny") || pass.equals(verdict, "error")
            else { return nil }
        } else if pass.equals(type, "gap") {
            return nil
        }
        (self.boot, counter) = (boot, pass.counter)
    }

    /// Compares with a pattern of `d` digits, `h` lower-case hexadecimal digits, `v` a variant digit, and literals.
    private static func matches(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ pattern: StaticString) -> Bool {
        guard range.count == pattern.utf8CodeUnitCount else { return false }
        return pattern.withUTF8Buffer { pattern in
            for place in 0..<pattern.count {
                let byte = bytes[range.lowerBound + place]
                let isRight =
                    switch pattern[place] {
                    case UInt8(ascii: "d"): byte &- 0x30 < 10
                    case UInt8(ascii: "h"): byte &- 0x30 < 10 || byte &- 0x61 < 6
                    case UInt8(ascii: "v"): byte == 0x38 || byte == 0x39 || byte == 0x61 || byte == 0x62
                    case let expected: byte == expected
                    }
                guard isRight else { return false }
            }
            return true
        }
    }
}

/// The pass itself: a place in the bytes, and what was found on the way.
private struct UsualPass {
    private static let maximumDepth = 12
    /// 32 bytes in base64url.
    private static let commitmentBytes = 43

    /// What an object is, as far as its members are looked at.
    private enum Kind { case record, decision, commitments, other }

    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    private var place = 0

    private(set) var hasVersion = false
    private(set) var counter: Int64 = 0
    private(set) var boot: Range<Int>?
    private(set) var type: Range<Int>?
    private(set) var time: Range<Int>?
    private(set) var id: Range<Int>?
    private(set) var verdict: Range<Int>?

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        end = bytes.count
    }

    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where bytes[range.lowerBound + offset] != text.utf8Start[offset] { return false }
        return true
    }

    /// Reads one object to the end of the bytes.
    mutating func run() -> Bool { take(UInt8(ascii: "{")) && object(.record, 1) && place == end }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard place < end, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    /// What follows the brace of an object: names in ascending order, none twice.
    private mutating func object(_ kind: Kind, _ depth: Int) -> Bool {
        guard depth <= Self.maximumDepth else { return false }
        if take(UInt8(ascii: "}")) { return true }
        var previous = 0..<0
        while true {
            guard let name = string(), !name.isEmpty, take(UInt8(ascii: ":")), isAscending(previous, name) else {
                return false
            }
            previous = name
            guard member(name, of: kind, depth), place < end else { return false }
            let byte = bytes[place]
            place += 1
            if byte != UInt8(ascii: ",") { return byte == UInt8(ascii: "}") }
        }
    }

    private mutating func array(_ depth: Int) -> Bool {
        guard depth <= Self.maximumDepth else { return false }
        if take(UInt8(ascii: "]")) { return true }
        while true {
            guard value(depth), place < end else { return false }
            let byte = bytes[place]
            place += 1
            if byte != UInt8(ascii: ",") { return byte == UInt8(ascii: "]") }
        }
    }

    private mutating func value(_ depth: Int) -> Bool {
        guard place < end else { return false }
        switch bytes[place] {
        case UInt8(ascii: "\""): return string() != nil
        case UInt8(ascii: "{"):
            place += 1
            return object(.other, depth + 1)
        case UInt8(ascii: "["):
            place += 1
            return array(depth + 1)
        case UInt8(ascii: "t"): return take("true")
        case UInt8(ascii: "f"): return take("false")
        case UInt8(ascii: "n"): return take("null")
        default: return integer() != nil
        }
    }

    private mutating func member(_ name: Range<Int>, of kind: Kind, _ depth: Int) -> Bool {
        switch kind {
        case .record: return memberOfRecord(name, depth)
        case .decision:
            guard equals(name, "verdict") else { return value(depth) }
            verdict = string()
            return verdict != nil
        case .commitments: return commitment()
        case .other: return value(depth)
        }
    }

    private mutating func memberOfRecord(_ name: Range<Int>, _ depth: Int) -> Bool {
        switch name.count {
        case 1:
            switch bytes[name.lowerBound] {
            case UInt8(ascii: "n"):
                counter = integer() ?? 0
                return counter > 0
            case UInt8(ascii: "t"):
                type = string()
                return type != nil
            case UInt8(ascii: "v"):
                hasVersion = integer() == 1
                return hasVersion
            default: return value(depth)
            }
        case 2:
            if equals(name, "ts") {
                time = string()
                return time != nil
            }
            if equals(name, "id") {
                id = string()
                return id != nil
            }
            guard equals(name, "sd") else { return value(depth) }
            return take(UInt8(ascii: "{")) && object(.commitments, depth + 1)
        case 3:
            guard equals(name, "dec") else { return value(depth) }
            return take(UInt8(ascii: "{")) && object(.decision, depth + 1)
        case 4:
            guard equals(name, "boot") else { return value(depth) }
            boot = string()
            return boot != nil
        default: return value(depth)
        }
    }

    /// The content of a string of ASCII without escapes.
    private mutating func string() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = place
        let ones: UInt64 = 0x0101_0101_0101_0101
        // Eight bytes at a time: the lowest bit that is set marks a byte that is no plain character.
        while place + 8 <= end {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            let quote = word ^ ones &* 0x22
            let backslash = word ^ ones &* 0x5C
            let delete = word ^ ones &* 0x7F
            let found =
                (((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (delete &- ones) & ~delete
                    | (word &- ones &* 0x20) & ~word | word) & ones &* 0x80)
            if found != 0 {
                place += found.trailingZeroBitCount >> 3
                break
            }
            place += 8
        }
        while place < end {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\"") {
                place += 1
                return start..<place - 1
            }
            guard byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\\") else { return nil }
            place += 1
        }
        return nil
    }

    /// A whole number of at most 15 digits, which every reader of JSON takes as it is.
    private mutating func integer() -> Int64? {
        let isNegative = take(UInt8(ascii: "-"))
        let start = place
        var number: Int64 = 0
        while place < end, case let digit = bytes[place] &- 0x30, digit < 10 {
            number = number &* 10 &+ Int64(digit)
            place += 1
            guard place - start <= 15 else { return nil }
        }
        guard place > start, bytes[start] != 0x30 || place == start + 1 && !isNegative else { return nil }
        return isNegative ? -number : number
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard place + count <= end, equals(place..<place + count, word) else { return false }
        place += count
        return true
    }

    /// 32 bytes in base64url, the unused bits of the last digit zero.
    private mutating func commitment() -> Bool {
        guard let text = string(), text.count == Self.commitmentBytes else { return false }
        let last = text.upperBound - 8
        var all = ~UInt64(0)
        // The last eight digits overlap those before.
        for place in stride(from: text.lowerBound, to: last, by: 8) { all &= digits(at: place) }
        all &= digits(at: last)
        return all & 0x8080_8080_8080_8080 == 0x8080_8080_8080_8080
            && Base64.urlSafeValue(of: bytes[text.upperBound - 1]) & 3 == 0
    }

    /// The highest bit of each of eight bytes is set if the byte is a digit of base64url; they are below 128.
    ///
    /// Without a branch: digits of hashes cannot be predicted.
    private func digits(at place: Int) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self) | ones &* 0x80
        func isAtLeast(_ byte: UInt8) -> UInt64 { word &- ones &* UInt64(byte) }
        return isAtLeast(0x30) & ~isAtLeast(0x3A) | isAtLeast(0x41) & ~isAtLeast(0x5B)
            | isAtLeast(0x61) & ~isAtLeast(0x7B) | isAtLeast(0x2D) & ~isAtLeast(0x2E)
            | isAtLeast(0x5F) & ~isAtLeast(0x60)
    }

    /// Whether names of an object follow one another in the order of RFC 8785, which for ASCII is that of the bytes.
    private func isAscending(_ first: Range<Int>, _ second: Range<Int>) -> Bool {
        for offset in 0..<min(first.count, second.count) {
            let (one, other) = (bytes[first.lowerBound + offset], bytes[second.lowerBound + offset])
            if one != other { return one < other }
        }
        return first.count < second.count
    }
}
