// SPDX-License-Identifier: Apache-2.0

/// A Cedar `ipaddr`: an IPv4 or IPv6 address with a prefix length; host bits are kept.
public struct IPValue: Sendable, Hashable, CustomStringConvertible {
    /// The upper 64 bits of an IPv6 address; 0 for IPv4.
    let high: UInt64
    /// The lower 64 bits of an IPv6 address, or the 32 bits of an IPv4 address.
    let low: UInt64
    /// Whether the address is IPv6.
    public let isIPv6: Bool
    /// The prefix length: 0 to 32, or 0 to 128.
    public let prefix: Int

    init(high: UInt64, low: UInt64, isIPv6: Bool, prefix: Int) {
        self.high = high
        self.low = low
        self.isIPv6 = isIPv6
        self.prefix = prefix
    }

    /// Takes an address of 4 or 16 bytes in network order; `nil` for other sizes or a prefix out of range.
    public init?(bytes: some Collection<UInt8>, prefix: Int? = nil) {
        let isIPv6 = bytes.count == 16
        guard isIPv6 || bytes.count == 4 else { return nil }
        let width = isIPv6 ? 128 : 32
        let prefix = prefix ?? width
        guard (0...width).contains(prefix) else { return nil }
        var words: (high: UInt64, low: UInt64) = (0, 0)
        for byte in bytes {
            words.high = words.high << 8 | words.low >> 56
            words.low = words.low << 8 | UInt64(byte)
        }
        self.init(high: words.high, low: words.low, isIPv6: isIPv6, prefix: prefix)
    }

    /// The IPv4 address that a single IPv4-mapped IPv6 address stands for (RFC 4291, section 2.5.5.2).
    ///
    /// Cedar itself does not treat the two alike; whoever takes addresses from a network may want to.
    public var embeddedVersion4: IPValue? {
        guard isIPv6, prefix == 128, high == 0, low >> 32 == 0xFFFF else { return nil }
        return IPValue(high: 0, low: low & 0xFFFF_FFFF, isIPv6: false, prefix: 32)
    }

    /// Reads an address with an optional `/prefix`, at most 43 bytes; no zone, no embedded IPv4.
    public init(parsing text: String) throws(ExtensionProblem) {
        if let address = IPTextReader.plainVersion4(text.utf8Span.span) {
            self.init(high: 0, low: address, isIPv6: false, prefix: 32)
            return
        }
        guard let value = IPTextReader.read(Array(text.utf8)) else { throw .malformedIP }
        self = value
    }

    var width: Int { isIPv6 ? 128 : 32 }

    var isLoopback: Bool {
        isIPv6 ? high == 0 && low == 1 && prefix == 128 : low >> 24 == 127 && prefix >= 8
    }

    var isMulticast: Bool {
        isIPv6 ? high >> 56 == 0xFF && prefix >= 8 : low >> 28 == 0xE && prefix >= 4
    }

    /// Whether all addresses of this network lie in the other; `false` for different families.
    func isInRange(of other: IPValue) -> Bool {
        guard isIPv6 == other.isIPv6, prefix >= other.prefix else { return false }
        let mask = other.mask
        return high & mask.high == other.high & mask.high && low & mask.low == other.low & mask.low
    }

    private var mask: (high: UInt64, low: UInt64) {
        guard isIPv6 else { return (0, prefix == 0 ? 0 : UInt64.max << UInt64(32 - prefix)) }
        if prefix <= 64 { return (prefix == 0 ? 0 : UInt64.max << UInt64(64 - prefix), 0) }
        return (.max, UInt64.max << UInt64(128 - prefix))
    }

    /// The order used in canonical forms.
    var sortKey: (Int, UInt64, UInt64, Int) { (isIPv6 ? 1 : 0, high, low, prefix) }

    /// The address and its prefix, IPv6 in eight full groups: `192.0.2.1/32`.
    public var description: String {
        let shifts = isIPv6 ? [48, 32, 16, 0] as [UInt64] : [24, 16, 8, 0]
        guard isIPv6 else { return shifts.map { String(low >> $0 & 0xFF) }.joined(separator: ".") + "/\(prefix)" }
        let groups = shifts.map { high >> $0 & 0xFFFF } + shifts.map { low >> $0 & 0xFFFF }
        let address = groups.map { String($0, radix: 16) }.joined(separator: ":")
        return "\(address)/\(prefix)"
    }
}

/// Reads the text forms of addresses.
private enum IPTextReader {
    /// The 32 bits of four octets without a prefix, the form that almost every address has; else `nil`.
    static func plainVersion4(_ bytes: Span<UInt8>) -> UInt64? {
        guard (7...15).contains(bytes.count) else { return nil }
        var (address, octet, digits, dots): (UInt64, UInt64, Int, Int) = (0, 0, 0, 0)
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") {
                guard digits > 0, dots < 3 else { return nil }
                address = address << 8 | octet
                (octet, digits, dots) = (0, 0, dots + 1)
                continue
            }
            guard isDigit(byte), digits < 3, digits == 0 || octet > 0 else { return nil }
            octet = octet * 10 + UInt64(byte &- UInt8(ascii: "0"))
            guard octet <= 255 else { return nil }
            digits += 1
        }
        return dots == 3 && digits > 0 ? address << 8 | octet : nil
    }

    static func read(_ bytes: [UInt8]) -> IPValue? {
        guard bytes.count <= 43 else { return nil }
        let colons = bytes.count { $0 == UInt8(ascii: ":") }
        if colons >= 2, bytes.count(where: { $0 == UInt8(ascii: ".") }) >= 2 { return nil }
        let slash = bytes.firstIndex(of: UInt8(ascii: "/"))
        let address = bytes[..<(slash ?? bytes.endIndex)]
        let isIPv6 = address.contains(UInt8(ascii: ":"))
        guard let words = isIPv6 ? version6(address) : version4(address) else { return nil }
        var length = isIPv6 ? 128 : 32
        if let slash {
            guard let given = prefix(bytes[(slash + 1)...], limit: length) else { return nil }
            length = given
        }
        return IPValue(high: words.0, low: words.1, isIPv6: isIPv6, prefix: length)
    }

    private static func prefix(_ digits: ArraySlice<UInt8>, limit: Int) -> Int? {
        guard (1...(limit == 32 ? 2 : 3)).contains(digits.count), digits.allSatisfy(isDigit) else { return nil }
        if digits.first == UInt8(ascii: "0"), digits.count > 1 { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) }
        return value <= limit ? value : nil
    }

    private static func version4(_ bytes: ArraySlice<UInt8>) -> (UInt64, UInt64)? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt64 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(isDigit) else { return nil }
            if part.first == UInt8(ascii: "0"), part.count > 1 { return nil }
            let octet = part.reduce(0) { $0 * 10 + UInt64($1 &- UInt8(ascii: "0")) }
            guard octet <= 255 else { return nil }
            address = address << 8 | octet
        }
        return (0, address)
    }

    private static func version6(_ bytes: ArraySlice<UInt8>) -> (UInt64, UInt64)? {
        var (before, after): ([UInt64], [UInt64]) = ([], [])
        var compressed = false
        var rest = bytes
        if rest.starts(with: [UInt8(ascii: ":"), UInt8(ascii: ":")]) {
            compressed = true
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != UInt8(ascii: ":") }
            guard let group = group(digits) else { return nil }
            if compressed { after.append(group) } else { before.append(group) }
            rest = rest.dropFirst(digits.count)
            guard !rest.isEmpty else { break }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: ":") {
                guard !compressed else { return nil }
                compressed = true
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        let count = before.count + after.count
        guard compressed ? count <= 7 : count == 8 else { return nil }
        let groups = before + Array(repeating: 0, count: 8 - count) + after
        let high = groups[0..<4].reduce(0) { $0 << 16 | $1 }
        return (high, groups[4..<8].reduce(0) { $0 << 16 | $1 })
    }

    private static func group(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard (1...4).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit &- UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit &- UInt8(ascii: "a") &+ 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt64(digit &- UInt8(ascii: "A") &+ 10)
            default: return nil
            }
        }
        return value
    }
}
