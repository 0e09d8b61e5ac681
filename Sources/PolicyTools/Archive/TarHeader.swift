// SPDX-License-Identifier: Apache-2.0

/// One 512-byte header block of a tar archive: POSIX ustar and pax, and GNU's long names.
struct TarHeader {
    static let blockSize = 512

    enum Kind: Sendable, Hashable {
        case file, directory, symbolicLink, hardLink
        /// A pax header for the next member, or for all that follow.
        case extended(isGlobal: Bool)
        /// GNU's long name, or long link name, of the next member.
        case longName(isLink: Bool)
        case device
        case unknown(UInt8)
    }

    let kind: Kind
    let name: [UInt8]
    let linkName: [UInt8]
    let size: Int

    /// Reads a header; `nil` if its checksum or its size is no number that fits.
    init?(_ block: ArraySlice<UInt8>) {
        let block = Array(block)
        guard block.count == Self.blockSize, let sum = Self.number(block[148..<156]),
            let size = Self.number(block[124..<136]), sum == Self.checksum(block)
        else { return nil }
        kind = Self.kind(block[156])
        linkName = Self.text(block[157..<257])
        self.size = size
        var name = Self.text(block[0..<100])
        // GNU's older format keeps other things where POSIX keeps the prefix.
        if Array(block[257..<263]) == Array("ustar\0".utf8) {
            let prefix = Self.text(block[345..<500])
            if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
        }
        self.name = name
    }

    private static func kind(_ flag: UInt8) -> Kind {
        switch flag {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): .file
        case UInt8(ascii: "1"): .hardLink
        case UInt8(ascii: "2"): .symbolicLink
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): .device
        case UInt8(ascii: "5"): .directory
        case UInt8(ascii: "x"): .extended(isGlobal: false)
        case UInt8(ascii: "g"): .extended(isGlobal: true)
        case UInt8(ascii: "L"): .longName(isLink: false)
        case UInt8(ascii: "K"): .longName(isLink: true)
        default: .unknown(flag)
        }
    }

    /// The sum of all bytes, with blanks in place of the checksum itself.
    private static func checksum(_ block: [UInt8]) -> Int {
        var sum = 0
        for (index, byte) in block.enumerated() { sum += (148..<156).contains(index) ? 0x20 : Int(byte) }
        return sum
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

    /// An octal number between blanks, or GNU's binary form.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 {
            guard first == 0x80, field.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
            return field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
        }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 - UInt8(ascii: "0")) }
    }
}
