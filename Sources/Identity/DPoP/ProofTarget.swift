// SPDX-License-Identifier: Apache-2.0
import Callout

/// A URL without query and fragment, normalized by scheme and host (RFC 3986, sections 6.2.2 and 6.2.3).
struct ProofTarget: Hashable {
    private let scheme: [UInt8]
    private let authority: [UInt8]
    private let path: [UInt8]

    /// Takes a URL apart; `nil` without scheme or host, or with a `%` that encodes nothing.
    init?(_ url: String) {
        let bytes = Array(url.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
            return nil
        }
        scheme = bytes[..<colon].map(\.asciiLowercased)
        let rest = bytes[(colon + 3)...]
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let named = rest[..<end].map(\.asciiLowercased)
        let defaultPort = scheme == Array("https".utf8) ? ":443" : ":80"
        let hasDefault =
            named.count > defaultPort.utf8.count && named.suffix(defaultPort.utf8.count) == Array(defaultPort.utf8)[...]
        authority = hasDefault ? Array(named.dropLast(defaultPort.utf8.count)) : named
        let path = rest[end...].prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard !authority.isEmpty, let decoded = Self.decodingUnreserved(path) else { return nil }
        self.path = Self.removingDotSegments(decoded)
    }

    /// Hex digits in capitals, and what need not be encoded as itself; `nil` for a `%` without two hex digits.
    private static func decodingUnreserved(_ path: some Collection<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var iterator = path.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let first = iterator.next(), let second = iterator.next(), let high = hexValue(first),
                let low = hexValue(second)
            else { return nil }
            let value = high << 4 | low
            if isUnreserved(value) {
                result.append(value)
            } else {
                result += [UInt8(ascii: "%"), capital(first), capital(second)]
            }
        }
        return result
    }

    private static func removingDotSegments(_ path: [UInt8]) -> [UInt8] {
        var kept: [ArraySlice<UInt8>] = []
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for segment in segments.dropFirst() {
            if segment.elementsEqual("..".utf8) {
                _ = kept.popLast()
            } else if !segment.elementsEqual(".".utf8) {
                kept.append(segment)
            }
        }
        let endsInDots = segments.last.map { $0.elementsEqual("..".utf8) || $0.elementsEqual(".".utf8) } ?? false
        if endsInDots || kept.isEmpty { kept.append([]) }
        return kept.flatMap { [UInt8(ascii: "/")] + $0 }
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static func capital(_ digit: UInt8) -> UInt8 { digit >= 0x61 ? digit - 0x20 : digit }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}
