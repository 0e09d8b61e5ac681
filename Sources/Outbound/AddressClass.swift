// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// What kind of network an address belongs to, as far as it matters for calls to the outside.
package enum AddressClass: String, Sendable, Hashable, CaseIterable {
    /// Reachable from the Internet.
    case global
    /// This machine (127.0.0.0/8, ::1).
    case loopback
    /// A private or shared network (RFC 1918, RFC 6598, RFC 4193).
    case `private`
    /// Link-local addresses, and the metadata services of clouds, which live there or close by.
    case linkLocal = "link-local"
    /// Multicast, unspecified, benchmarking, documentation and reserved ranges.
    case reserved

    /// Classifies an address; what is neither IPv4 nor IPv6 is ``reserved``.
    package init(_ address: SocketAddress) {
        switch address {
        // The address stands behind family and port, in IPv6 behind the flow label too.
        case .v4(let v4):
            let bytes = withUnsafeBytes(of: v4.address) { [UInt8]($0) }
            self = Self.classify(v4: bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) })
        case .v6(let v6):
            let bytes = withUnsafeBytes(of: v6.address) { [UInt8]($0) }
            self = Self.classify(v6: Array(bytes[8..<24]))
        case .unixDomainSocket: self = .reserved
        }
    }

    /// Classifies an IPv4 address given in host byte order.
    package static func classify(v4 address: UInt32) -> AddressClass {
        func within(_ network: UInt32, _ bits: UInt32) -> Bool { address >> (32 - bits) == network >> (32 - bits) }
        if within(0x7F00_0000, 8) { return .loopback }
        if within(0xA9FE_0000, 16) || address == 0x6464_64C8 { return .linkLocal }
        let privateNetworks: [(UInt32, UInt32)] = [
            (0x0A00_0000, 8), (0xAC10_0000, 12), (0xC0A8_0000, 16), (0x6440_0000, 10),
        ]
        if privateNetworks.contains(where: { within($0.0, $0.1) }) { return .private }
        let reservedNetworks: [(UInt32, UInt32)] = [
            (0x0000_0000, 8), (0xC000_0000, 24), (0xC000_0200, 24), (0xC612_0000, 15), (0xC633_6400, 24),
            (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
        ]
        return reservedNetworks.contains { within($0.0, $0.1) } ? .reserved : .global
    }

    /// Classifies the 16 bytes of an IPv6 address.
    ///
    /// Addresses that carry an IPv4 address (mapped, compatible, NAT64, 6to4) are judged by what they carry.
    package static func classify(v6 bytes: [UInt8]) -> AddressClass {
        guard bytes.count == 16 else { return .reserved }
        func v4(at offset: Int) -> UInt32 { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        let zeros = bytes.prefix { $0 == 0 }.count
        if zeros == 16 { return .reserved }
        if zeros == 15, bytes[15] == 1 { return .loopback }
        if zeros == 10, bytes[10] == 0xFF, bytes[11] == 0xFF { return classify(v4: v4(at: 12)) }
        if zeros >= 12 { return classify(v4: v4(at: 12)) }
        if bytes.starts(with: [0, 0x64, 0xFF, 0x9B]) { return classify(v4: v4(at: 12)) }
        if bytes[0] == 0x20, bytes[1] == 0x02 { return classify(v4: v4(at: 2)) }
        if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 { return .linkLocal }
        if bytes == [0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54] { return .linkLocal }
        if bytes[0] & 0xFE == 0xFC || (bytes[0] == 0xFE && bytes[1] & 0xC0 == 0xC0) { return .private }
        return bytes[0] & 0xE0 == 0x20 && !bytes.starts(with: [0x20, 0x01, 0x0D, 0xB8]) ? .global : .reserved
    }
}
