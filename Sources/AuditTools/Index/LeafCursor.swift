// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Walks the canonical JSON of a leaf without building values of it.
///
/// It finds members; whether the text is JSON at all the verifier says. On anything unexpected it stops: every method
/// then gives `nil`.
struct LeafCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var place: Int

    init(_ bytes: UnsafeRawBufferPointer, at place: Int = 0) {
        self.bytes = bytes
        self.place = place
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    /// Enters an object; `false` if none begins here.
    mutating func enterObject() -> Bool { take(UInt8(ascii: "{")) }

    /// Enters an array; `false` if none begins here.
    mutating func enterArray() -> Bool { take(UInt8(ascii: "[")) }

    /// Leaves an object behind its last member; `false` if it does not end here.
    mutating func leaveObject() -> Bool { take(UInt8(ascii: "}")) }

    /// Leaves an array behind its last element; `false` if it does not end here.
    mutating func leaveArray() -> Bool { take(UInt8(ascii: "]")) }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        place += 1
        return true
    }

    /// The name of the next member of the object, with the cursor at its value; `nil` at the object's end.
    mutating func nextName() -> Range<Int>? {
        if next == UInt8(ascii: ",") { place += 1 }
        guard next == UInt8(ascii: "\""), let name = string(), take(UInt8(ascii: ":")) else { return nil }
        return name
    }

    /// Goes to the next element of an array; `false` at its end.
    mutating func nextElement() -> Bool {
        if next == UInt8(ascii: ",") { place += 1 }
        guard let next else { return false }
        return next != UInt8(ascii: "]")
    }

    /// The content of the string at the cursor, still escaped; `nil` and no move if there is none.
    mutating func string() -> Range<Int>? {
        guard next == UInt8(ascii: "\"") else { return nil }
        var end = place + 1
        let ones: UInt64 = 0x0101_0101_0101_0101
        while end < bytes.count {
            // Eight bytes at a time: the lowest bit that is set marks a quote or a backslash.
            while end + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self))
                let (quote, backslash) = (word ^ ones &* 0x22, word ^ ones &* 0x5C)
                let found = ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash) & ones &* 0x80
                guard found == 0 else {
                    end += found.trailingZeroBitCount >> 3
                    break
                }
                end += 8
            }
            guard end < bytes.count else { return nil }
            switch bytes[end] {
            case UInt8(ascii: "\""):
                defer { place = end + 1 }
                return place + 1..<end
            case UInt8(ascii: "\\"): end += 2
            default: end += 1
            }
        }
        return nil
    }

    /// The value at the cursor, whatever it is.
    mutating func value() -> Range<Int>? {
        let start = place
        var depth = 0
        repeat {
            switch next {
            case nil: return nil
            case UInt8(ascii: "\"")?: guard string() != nil else { return nil }
            case UInt8(ascii: "{")?, UInt8(ascii: "[")?:
                depth += 1
                place += 1
            case UInt8(ascii: "}")?, UInt8(ascii: "]")?:
                depth -= 1
                place += 1
            case UInt8(ascii: ",")?, UInt8(ascii: ":")?: place += 1
            default: scalar()
            }
        } while depth > 0
        return depth == 0 && place > start ? start..<place : nil
    }

    private mutating func scalar() {
        while let byte = next {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ":"), UInt8(ascii: "\""): return
            default: place += 1
            }
        }
    }

    /// Whether some bytes are an ASCII text.
    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount, let start = bytes.baseAddress else { return false }
        return memcmp(start + range.lowerBound, text.utf8Start, range.count) == 0
    }
}
